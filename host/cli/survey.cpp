// SPDX-License-Identifier: MIT
#include "cli/survey.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <memory>
#include <system_error>
#include <utility>

#include "plugin/table.h"
#include "process/spawn.h"

namespace cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;
using std::chrono::milliseconds;

void print(const std::string& file) {
    const Probe found = probe(file);
    const ordered_json line = {{"plugin", file}, {"algorithms", found.algorithms}, {"problem", found.problem}};
    fmt::print("{}\n", line.dump(-1, ' ', false, ordered_json::error_handler_t::replace));
    if (std::fflush(stdout) != 0)
        throw std::system_error(errno, std::system_category(), "cannot write to standard output");
}

Survey::Answer refused(const fs::path& file, const std::string& why) {
    return {file, {ordered_json::array(), plugin::Refused(file, why).what()}};
}

}  // namespace

void add_probe(CLI::App& app) {
    const auto files = std::make_shared<std::vector<std::string>>();
    CLI::App* command = app.add_subcommand("probe", "Print what plugins offer, a line of JSON a file")->group("");
    command->add_option("files", *files)->required()->type_name("FILE");
    command->callback([files] {
        for (const std::string& file : *files) print(file);
    });
}

Survey::Survey(std::vector<fs::path> files, Prober prober) : files_(std::move(files)), prober_(std::move(prober)) {
    if (!over()) begin();
}

Survey::~Survey() { end(); }

void Survey::begin() {
    in_.clear();
    ended_ = false;
    heard_at_ = Clock::now();
    try {
        process::Pipe output;
        process::Plan plan;
        plan.command = {"udf-host", "probe", "--"};
        for (size_t i = next_; i < files_.size(); ++i) plan.command.push_back(files_[i]);
        plan.program = prober_.program;
        plan.output = output.writing.get();
        plan.dies_with_us = true;
        child_ = process::spawn(plan);
        ::fcntl(output.reading.get(), F_SETFL, O_NONBLOCK);
        from_ = std::move(output.reading);
    } catch (const std::system_error& e) {
        cannot_start_ = e.what();
    }
}

// What waitpid() says of it.
int Survey::end() noexcept {
    int status = 0;
    if (child_ < 0) return status;
    ::kill(-child_, SIGKILL);  // with the process that loads a plugin
    while (::waitpid(child_, &status, 0) < 0 && errno == EINTR) continue;
    child_ = -1;
    from_.reset();
    return status;
}

void Survey::read() {
    char buffer[16384];
    for (;;) {
        const ssize_t n = ::read(from_.get(), buffer, sizeof buffer);
        if (n < 0 && errno == EINTR) continue;
        if (n > 0) in_.append(buffer, static_cast<size_t>(n));
        if (n <= 0) ended_ = n == 0 || errno != EAGAIN;
        if (n <= 0) return;
        heard_at_ = Clock::now();
    }
}

std::optional<Survey::Answer> Survey::take() {
    if (over()) return std::nullopt;
    if (child_ < 0) return failed(cannot_start_);
    read();
    if (const size_t line = in_.find('\n'); line != in_.npos) {
        const std::string said = in_.substr(0, line);
        in_.erase(0, line + 1);
        return answered(said);
    }
    if (ended_) {
        const std::string how = process::failure(end());
        return failed(fmt::format("what loads plugins to ask them {}", how.empty() ? "ended too early" : how));
    }
    if (Clock::now() >= silent_at())
        return failed(fmt::format("what loads plugins to ask them has been silent for {:g} s",
                                  std::chrono::duration<double>(prober_.silence).count()));
    return std::nullopt;
}

std::optional<Survey::Answer> Survey::next(Clock::time_point until) {
    for (;;) {
        auto answer = take();
        const auto now = Clock::now();
        if (answer || over() || now >= until) return answer;
        const auto left = std::chrono::ceil<milliseconds>(std::min(until, silent_at()) - now);
        pollfd input{fd(), POLLIN, 0};
        ::poll(&input, 1, static_cast<int>(std::max<int64_t>(0, left.count())));
    }
}

// By its place, not by the name in the line: a name need not be UTF-8.
Survey::Answer Survey::answered(const std::string& line) {
    const auto said = ordered_json::parse(line, nullptr, false);
    if (!said.is_object()) return failed("what loads plugins to ask them gave no answer that can be understood");
    Answer answer{files_[next_++], {said.value("algorithms", ordered_json::array()), said.value("problem", "")}};
    if (over()) end();
    return answer;
}

Survey::Answer Survey::failed(const std::string& why) {
    end();
    const fs::path& file = files_[next_++];
    if (!over()) begin();
    return refused(file, why);
}

std::vector<Survey::Answer> survey(const std::vector<fs::path>& files, milliseconds limit, const Prober& prober) {
    const auto until = Survey::Clock::now() + limit;
    std::vector<Survey::Answer> answers;
    Survey survey(files, prober);
    while (auto answer = survey.next(until)) answers.push_back(std::move(*answer));
    for (size_t i = answers.size(); i < files.size(); ++i)
        answers.push_back(refused(files[i], fmt::format("was not asked what it offers: that of others took {:g} s",
                                                        std::chrono::duration<double>(limit).count())));
    return answers;
}

}  // namespace cli
