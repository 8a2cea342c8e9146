// SPDX-License-Identifier: MIT
#include "wire/dead_letter.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "plugin/temporary_directory.h"
#include "support/check_property.h"
#include "support/encoded_points.h"

using wire::DeadLetter;

namespace {

DeadLetter example() {
    return {.time = std::chrono::system_clock::time_point(std::chrono::milliseconds(1'714'564'800'250)),
            .function = "moving_avg",
            .task = "cpu_alert",
            .node = "moving_avg2",
            .group = "host=a",
            .cause = "was killed by SIGSEGV (Segmentation fault)",
            .deaths = 2,
            .frames = std::string("\x05\x8a\x01\x02\x08\x00", 6)};
}

// What the example is in a file; ' stands for ".
std::string example_line() {
    std::string line =
        "{'time':'2024-05-01T12:00:00.25Z','function':'moving_avg','task':'cpu_alert','node':'moving_avg2',"
        "'group':'host=a','cause':'was killed by SIGSEGV (Segmentation fault)','deaths':2,'frames':'058a01020800'}";
    std::replace(line.begin(), line.end(), '\'', '"');
    return line;
}
const std::string kExampleLine = example_line();

bool same(const DeadLetter& a, const DeadLetter& b) {
    return a.time == b.time && a.function == b.function && a.task == b.task && a.node == b.node && a.group == b.group &&
           a.cause == b.cause && a.deaths == b.deaths && a.frames == b.frames;
}

// A dead-letter file with some text in it already.
class LetterFile {
public:
    explicit LetterFile(const std::string& text = {}) {
        if (!text.empty()) std::ofstream(path_) << text;
    }
    const std::filesystem::path& path() const { return path_; }
    std::vector<DeadLetter> read() const { return wire::read_dead_letters(path_); }
    void append(const DeadLetter& letter) const { wire::append_dead_letter(path_, letter); }
    std::string text() const {
        std::ifstream in(path_);
        return {std::istreambuf_iterator<char>(in), {}};
    }

private:
    TemporaryDirectory directory_;
    std::filesystem::path path_ = directory_ / "dead.letters";
};

// Why the file cannot be read, without its name.
std::string complaint(const std::string& text) {
    const LetterFile file(text);
    try {
        file.read();
    } catch (const std::runtime_error& e) {
        const std::string what = e.what(), name = file.path().string() + ":";
        CAPTURE(what);
        REQUIRE(what.starts_with(name));
        return what.substr(name.size());
    }
    return {};
}

std::string with(const std::string& member, const std::string& value) {
    nlohmann::json letter = nlohmann::json::parse(kExampleLine);
    letter[member] = nlohmann::json::parse(value);
    return letter.dump() + '\n';
}

}  // namespace

TEST_CASE("a letter is a line of JSON") { CHECK(wire::to_line(example()) == kExampleLine); }

TEST_CASE("letters that were appended are read in their order") {
    support::check_property([] {
        const LetterFile file;
        const auto letters = *rc::gen::container<std::vector<DeadLetter>>(rc::gen::exec([] {
            const auto text = [] {
                return *support::any_name() + *rc::gen::element<std::string>("", "\n", "\"\\\x1b");
            };
            DeadLetter letter;
            letter.time += std::chrono::nanoseconds(*rc::gen::inRange<int64_t>(-1'000'000'000'000, INT64_MAX / 2));
            letter.function = text(), letter.task = text(), letter.node = text(), letter.group = text();
            letter.cause = text();
            letter.deaths = *rc::gen::arbitrary<int>();
            letter.frames = *rc::gen::arbitrary<std::string>();
            return letter;
        }));
        for (const DeadLetter& letter : letters) file.append(letter);
        const std::vector<DeadLetter> read = letters.empty() ? std::vector<DeadLetter>() : file.read();
        RC_ASSERT(std::equal(read.begin(), read.end(), letters.begin(), letters.end(), same));
    });
}

TEST_CASE("what is not UTF-8 is replaced") {
    DeadLetter letter = example();
    letter.group = "host=\xff";
    const LetterFile file;
    file.append(letter);
    REQUIRE(file.read().size() == 1);
    CHECK(file.read().front().group == "host=\xef\xbf\xbd");
}

TEST_CASE("a last line that breaks off is skipped wherever it does") {
    const std::string line = wire::to_line(example());
    for (size_t size = 0; size < line.size(); ++size) {
        CAPTURE(size);
        CHECK(LetterFile(line + '\n' + line.substr(0, size)).read().size() == 1);
    }
    CHECK(LetterFile(line + '\n' + line).read().size() == 2);
}

TEST_CASE("a letter that is appended to one that breaks off is not lost") {
    const LetterFile file(kExampleLine + '\n' + kExampleLine.substr(0, 50));
    file.append(example());
    CHECK(file.text() == kExampleLine + '\n' + kExampleLine.substr(0, 50) + '\n' + kExampleLine + '\n');
    CHECK(file.read().size() == 2);
}

TEST_CASE("members that a later version adds do no harm") {
    CHECK(LetterFile(with("colour", "\"red\"")).read().size() == 1);
}

TEST_CASE("a bad line is named with its problem") {
    CHECK(complaint(kExampleLine + "\n\nhello\n") == "3: not JSON from column 1 on");
    CHECK(complaint("[1]\n") == "1: not a JSON object");
    CHECK(complaint("{}\n") == "1: the letter has no \"time\"");
    CHECK(complaint(with("time", "\"noon\"")) == "1: \"time\" is not one like 2024-05-01T12:00:00Z");
    CHECK(complaint(with("group", "7")) == "1: \"group\" is no string");
    CHECK(complaint(with("deaths", "\"2\"")) == "1: \"deaths\" is no integer");
    for (const char* const frames : {"\"0\"", "\"0g\"", "\"0 \""})
        CHECK(complaint(with("frames", frames)) == "1: \"frames\" is not made of two hexadecimal digits a byte");
}

TEST_CASE("a file that cannot be read is an error that names it") {
    CHECK_THROWS_WITH_AS(wire::read_dead_letters("/no/such/file"),
                         "cannot read /no/such/file: No such file or directory", std::runtime_error);
    CHECK_THROWS_WITH_AS(wire::read_dead_letters("/"), "cannot read /", std::runtime_error);
}

TEST_CASE("a file that cannot be written is an error that names it") {
    CHECK_THROWS_WITH_AS(wire::append_dead_letter("/no/such/file", example()),
                         "cannot write /no/such/file: No such file or directory", std::system_error);
    CHECK_THROWS_WITH_AS(wire::append_dead_letter("/dev/full", example()),
                         "cannot write /dev/full: No space left on device", std::system_error);
}

TEST_CASE("a new file is closed to others") {
    const mode_t before = ::umask(0);
    const LetterFile file;
    file.append(example());
    ::umask(before);
    struct stat status {};
    REQUIRE(::stat(file.path().c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0640);
}

TEST_CASE("letters of several writers do not mix") {
    const LetterFile file;
    {
        std::vector<std::jthread> writers;
        for (int i = 0; i < 4; ++i)
            writers.emplace_back([&] {
                DeadLetter letter = example();
                letter.frames.assign(20'000, 'x');
                for (int k = 0; k < 50; ++k) file.append(letter);
            });
    }
    CHECK(file.read().size() == 200);
}
