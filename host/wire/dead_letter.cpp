// SPDX-License-Identifier: MIT
#include "wire/dead_letter.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/algorithm/hex.hpp>
#include <cerrno>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <system_error>

#include "log/log.h"
#include "text/rfc3339.h"
#include "wire/unique_fd.h"

namespace wire {
namespace {

using nlohmann::ordered_json;

constexpr mode_t kMode = 0640;

bool breaks_off(int fd) {
    struct stat file {};
    if (::fstat(fd, &file) != 0 || !S_ISREG(file.st_mode) || file.st_size == 0) return false;
    char last = '\n';
    return ::pread(fd, &last, 1, file.st_size - 1) == 1 && last != '\n';
}

const ordered_json& member(const ordered_json& letter, const char* name) {
    const auto found = letter.find(name);
    if (found == letter.end()) throw std::runtime_error(fmt::format("the letter has no \"{}\"", name));
    return *found;
}

std::string text(const ordered_json& letter, const char* name) {
    const ordered_json& value = member(letter, name);
    if (!value.is_string()) throw std::runtime_error(fmt::format("\"{}\" is no string", name));
    return value.get<std::string>();
}

std::string bytes_of_hex(const std::string& hex) {
    std::string bytes;
    bytes.reserve(hex.size() / 2);
    try {
        boost::algorithm::unhex(hex, std::back_inserter(bytes));
    } catch (const boost::algorithm::hex_decode_error&) {
        throw std::runtime_error("\"frames\" is not made of two hexadecimal digits a byte");
    }
    return bytes;
}

// Nothing where the line breaks off.
std::optional<DeadLetter> parse_line(const std::string& line) {
    ordered_json json;
    try {
        json = ordered_json::parse(line);
    } catch (const ordered_json::parse_error& e) {
        if (e.byte > line.size()) return std::nullopt;
        throw std::runtime_error(fmt::format("not JSON from column {} on", e.byte));
    }
    if (!json.is_object()) throw std::runtime_error("not a JSON object");

    DeadLetter letter;
    const auto time = text::parse_rfc3339(text(json, "time"));
    if (!time) throw std::runtime_error("\"time\" is not one like 2024-05-01T12:00:00Z");
    letter.time = *time;
    letter.function = text(json, "function");
    letter.task = text(json, "task");
    letter.node = text(json, "node");
    letter.group = text(json, "group");
    letter.cause = text(json, "cause");
    const ordered_json& deaths = member(json, "deaths");
    if (!deaths.is_number_integer()) throw std::runtime_error("\"deaths\" is no integer");
    letter.deaths = deaths.get<int>();
    letter.frames = bytes_of_hex(text(json, "frames"));
    return letter;
}

}  // namespace

std::string to_line(const DeadLetter& letter) {
    std::string frames;
    frames.reserve(2 * letter.frames.size());
    boost::algorithm::hex_lower(letter.frames, std::back_inserter(frames));
    const ordered_json json = {{"time", text::rfc3339(letter.time)},
                               {"function", letter.function},
                               {"task", letter.task},
                               {"node", letter.node},
                               {"group", letter.group},
                               {"cause", letter.cause},
                               {"deaths", letter.deaths},
                               {"frames", std::move(frames)}};
    return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

void append_dead_letter(const std::filesystem::path& file, const DeadLetter& letter) {
    const auto check = [&](bool done, int error) {
        if (!done) throw std::system_error(error, std::system_category(), "cannot write " + file.string());
    };
    const unique_fd fd(::open(file.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, kMode));
    check(bool(fd), errno);
    // Behind a letter that breaks off this one must not be lost, too.
    const std::string line = (breaks_off(fd.get()) ? "\n" : "") + to_line(letter) + '\n';
    ssize_t written = 0;
    do written = ::write(fd.get(), line.data(), line.size());
    while (written < 0 && errno == EINTR);
    check(written >= 0, errno);
    check(static_cast<size_t>(written) == line.size(), ENOSPC);
}

std::vector<DeadLetter> read_dead_letters(const std::filesystem::path& file) {
    std::ifstream in(file);
    if (!in)
        throw std::runtime_error(
            fmt::format("cannot read {}: {}", file.string(), std::system_category().message(errno)));
    std::vector<DeadLetter> letters;
    std::string line;
    for (size_t number = 1; std::getline(in, line); ++number) {
        if (line.empty()) continue;
        try {
            if (auto letter = parse_line(line))
                letters.push_back(std::move(*letter));
            else
                logging::warning("a letter breaks off: skipped", {{"file", file.string()}, {"line", number}});
        } catch (const std::runtime_error& e) {
            throw std::runtime_error(fmt::format("{}:{}: {}", file.string(), number, e.what()));
        }
    }
    if (in.bad()) throw std::runtime_error(fmt::format("cannot read {}", file.string()));
    return letters;
}

}  // namespace wire
