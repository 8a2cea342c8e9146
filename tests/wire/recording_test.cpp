// SPDX-License-Identifier: MIT
//
// Recorder and Recording: what one writes the other reads, whatever is left of it.
#include "wire/recording.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "plugin/contains.h"
#include "plugin/temporary_directory.h"
#include "support/log_capture.h"
#include "wire/channel.h"
#include "wire/frame.h"
#include "wire/recorder.h"
#include "wire/sockets.h"

using wire::RecordedFrames;
using wire::Recorder;
using wire::Recording;
using Direction = RecordedFrames::Direction;
namespace fs = std::filesystem;

namespace {

std::string request_frame(const std::string& body) {
    char length[wire::kMaxVarint];
    return std::string(length, wire::put_varint(length, body.size())) + body;
}

std::string read_file(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}
void write_file(const fs::path& file, const std::string& bytes) {
    std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
}

std::vector<std::string> bodies(const Recording& recording, size_t session, std::optional<Direction> only = {}) {
    std::vector<std::string> found;
    RecordedFrames frames(recording, recording.sessions().at(session), only);
    while (const auto frame = frames.next()) found.emplace_back(frame->body);
    return found;
}

std::string why_unreadable(const fs::path& file) {
    try {
        const Recording recording(file);
    } catch (const std::runtime_error& e) {
        return e.what();
    }
    return {};
}

}  // namespace

TEST_CASE("a recording holds what went both ways, in its order") {
    const TemporaryDirectory directory;
    const fs::path file = directory / "a.rec";
    {
        Recorder recorder({.file = file, .function = "plugin mine"});
        recorder.has_read(request_frame("one") + request_frame("two"));
        recorder.has_written(request_frame("answer"));
        recorder.has_read(request_frame("three"));
        recorder.input_has_ended();
    }
    const Recording recording(file);
    REQUIRE(recording.sessions().size() == 1);
    const Recording::Session& session = recording.sessions().front();
    CHECK(session.function == "plugin mine");
    CHECK(session.is_whole());
    CHECK(recording.notes().empty());
    CHECK(std::chrono::system_clock::now() - session.started < std::chrono::minutes(10));
    CHECK(bodies(recording, 0) == std::vector<std::string>{"one", "two", "answer", "three"});
    CHECK(bodies(recording, 0, Direction::in) == std::vector<std::string>{"one", "two", "three"});
    CHECK(bodies(recording, 0, Direction::out) == std::vector<std::string>{"answer"});
}

TEST_CASE("frames are the same however reads and writes have cut them") {
    rc::check([](const std::vector<std::string>& in, const std::vector<std::string>& out) {
        const TemporaryDirectory directory;
        const fs::path file = directory / "a.rec";
        std::string requests, responses;
        for (const std::string& body : in) requests += request_frame(body);
        for (const std::string& body : out) responses += request_frame(body);
        {
            Recorder recorder({.file = file});
            std::minstd_rand random(*rc::gen::arbitrary<unsigned>());
            const auto cut = [&random](std::string& bytes) {
                const size_t size = std::min<size_t>(bytes.size(), random() % 40);
                std::string piece = bytes.substr(0, size);
                bytes.erase(0, size);
                return piece;
            };
            while (!requests.empty() || !responses.empty()) {
                recorder.has_read(cut(requests));
                recorder.has_written(cut(responses));
            }
        }
        const Recording recording(file);
        RC_ASSERT(bodies(recording, 0, Direction::in) == in);
        RC_ASSERT(bodies(recording, 0, Direction::out) == out);
        RC_ASSERT(bodies(recording, 0).size() == in.size() + out.size());
    });
}

TEST_CASE("a recording that breaks off anywhere gives what is whole of it") {
    const TemporaryDirectory directory;
    const fs::path file = directory / "a.rec", torn = directory / "torn.rec";
    {
        Recorder recorder({.file = file, .function = "f"});
        recorder.has_read(request_frame("one"));
        recorder.has_written(request_frame("two"));
    }
    const std::string all = read_file(file);
    size_t most = 0;
    for (size_t size = 1; size < all.size(); ++size) {
        write_file(torn, all.substr(0, size));
        try {
            const Recording recording(torn);
            const auto found = bodies(recording, 0);
            CHECK(found.size() >= most);
            most = found.size();
            const std::vector<std::string> whole{"one", "two"};
            CHECK(std::equal(found.begin(), found.end(), whole.begin()));
            CHECK(recording.notes().size() <= 1);
        } catch (const std::runtime_error& e) {
            CHECK(most == 0);
            CHECK(std::string(e.what()) == Contains("breaks off before anything was recorded"));
        }
    }
    CHECK(most == 2);
}

TEST_CASE("what stands behind a torn record is found") {
    const TemporaryDirectory directory;
    const fs::path file = directory / "a.rec";
    { Recorder({.file = file}).has_read(request_frame(std::string(100, 'x'))); }
    const std::string whole = read_file(file);
    for (const size_t lost : {1, 50, 60, 100, 150}) {
        write_file(file, whole.substr(0, whole.size() - lost));
        { Recorder({.file = file}).has_read(request_frame("after it")); }
        const Recording recording(file);
        REQUIRE(recording.sessions().size() == 2);
        CHECK(bodies(recording, 1) == std::vector<std::string>{"after it"});
        CHECK(recording.notes().size() == 1);
    }
}

TEST_CASE("sessions that are recorded into one file at a time keep apart") {
    const TemporaryDirectory directory;
    const fs::path file = directory / "a.rec";
    {
        Recorder first({.file = file, .function = "first"}), second({.file = file, .function = "second"});
        const std::string long_frame = request_frame(std::string(300, 'a'));
        first.has_read(long_frame.substr(0, 100));
        second.has_read(request_frame("b"));
        first.has_read(long_frame.substr(100));
    }
    const Recording recording(file);
    REQUIRE(recording.sessions().size() == 2);
    CHECK(recording.sessions()[1].function == "second");
    CHECK(bodies(recording, 0) == std::vector<std::string>{std::string(300, 'a')});
    CHECK(bodies(recording, 1) == std::vector<std::string>{"b"});
}

TEST_CASE("a session without its end is not whole") {
    const TemporaryDirectory directory;
    const fs::path file = directory / "a.rec";
    {
        Recorder recorder({.file = file});
        recorder.has_read(request_frame("one"));
        recorder.input_has_ended();
        fs::copy_file(file, directory / "crashed.rec");
    }
    CHECK(Recording(file).sessions().front().is_whole());
    const Recording crashed(directory / "crashed.rec");
    CHECK_FALSE(crashed.sessions().front().is_whole());
    CHECK(bodies(crashed, 0) == std::vector<std::string>{"one"});
}

TEST_CASE("bytes that are missing in the middle end what can be read of that direction") {
    const TemporaryDirectory directory;
    const fs::path file = directory / "a.rec";
    {
        Recorder recorder({.file = file});
        recorder.has_read(request_frame("one"));
        recorder.has_read(request_frame("two"));
        recorder.has_read(request_frame("three"));
        recorder.has_written(request_frame("answer"));
    }
    std::string bytes = read_file(file);
    bytes[bytes.find("two") + 5] ^= 1;  // of its seal
    write_file(file, bytes);
    const Recording recording(file);
    CHECK(bodies(recording, 0) == std::vector<std::string>{"one", "answer"});
    RecordedFrames frames(recording, recording.sessions().front());
    while (frames.next()) {
    }
    CHECK(frames.left_over() == "at the end of the requests: what comes next is missing in the recording");
}

TEST_CASE("a recording of a newer version is refused") {
    const TemporaryDirectory directory;
    const fs::path file = directory / "a.rec";
    { const Recorder recorder({.file = file}); }
    std::string bytes = read_file(file);
    bytes[7] = 2;
    write_file(file, bytes);
    CHECK(why_unreadable(file) == Contains("newer udf-host: version 2 of the format, and this one reads 1"));
}

TEST_CASE("what is no recording is named") {
    const TemporaryDirectory directory;
    CHECK(why_unreadable(directory / "none") == Contains("none: No such file"));
    CHECK(why_unreadable(directory.path()) == Contains("Is a directory"));
    write_file(directory / "empty", "");
    CHECK(why_unreadable(directory / "empty") == Contains("empty is empty: nothing was recorded"));
    write_file(directory / "text", "cpu v=1 1\n");
    CHECK(why_unreadable(directory / "text") == Contains("text is no recording"));
}

TEST_CASE("a recording is for its owner alone") {
    const TemporaryDirectory directory;
    const fs::path file = directory / "a.rec";
    { const Recorder recorder({.file = file}); }
    CHECK(fs::status(file).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
}

TEST_CASE("nothing is recorded into a file that holds something else") {
    const TemporaryDirectory directory;
    write_file(directory / "text", "cpu v=1 1\n");
    CHECK_THROWS_WITH(Recorder({.file = directory / "text"}), doctest::Contains("it holds something else"));
    CHECK_THROWS_WITH(Recorder({.file = directory / "none" / "a.rec"}), doctest::Contains("No such file"));
    CHECK(read_file(directory / "text") == "cpu v=1 1\n");
}

TEST_CASE("a recording stops at its limit and says so once") {
    const TemporaryDirectory directory;
    const fs::path file = directory / "a.rec";
    const support::LogCapture log;
    {
        Recorder recorder({.file = file, .limit = 1u << 20});
        const std::string frame = request_frame(std::string(1000, 'x'));
        for (int i = 0; i < 3000; ++i) recorder.has_read(frame);
    }
    CHECK(fs::file_size(file) <= 1u << 20);
    CHECK(fs::file_size(file) > (1u << 20) - 2000);
    CHECK(log.text() == Contains("it would get larger than 1 MiB (--record-limit)"));
    CHECK(log.lines().size() == 1);
    CHECK_FALSE(Recording(file).sessions().front().is_whole());
}

TEST_CASE("a full disk stops a recording and nothing else") {
    const support::LogCapture log;
    Recorder recorder({.file = "/dev/full"});
    for (int i = 0; i < 10; ++i) recorder.has_read("bytes");
    CHECK(log.text() ==
          Contains("the recording stops, nothing else does file=/dev/full cause=\"No space left on device\""));
    CHECK(log.lines().size() == 1);
}

TEST_CASE("a channel shows its tap what it moves and how it ends") {
    const TemporaryDirectory directory;
    const fs::path file = directory / "a.rec";
    Sockets sockets;
    {
        wire::FdChannel channel(std::move(sockets.near));
        channel.set_tap(std::make_unique<Recorder>(Recorder::Settings{.file = file}));
        const std::string request = request_frame("request"), response = request_frame("response");
        REQUIRE(::send(sockets.far.get(), request.data(), request.size(), 0) > 0);
        ::shutdown(sockets.far.get(), SHUT_WR);
        char bytes[100];
        CHECK(channel.read(bytes, sizeof bytes).bytes == request.size());
        CHECK(channel.read(bytes, sizeof bytes).status == wire::Channel::Status::closed);
        CHECK(channel.write(response.data(), response.size()).bytes == response.size());
        sockets.far.reset();
        CHECK(channel.write(response.data(), response.size()).status == wire::Channel::Status::closed);
    }
    const Recording recording(file);
    CHECK(bodies(recording, 0) == std::vector<std::string>{"request", "response"});
    CHECK(recording.sessions().front().requests_ended);
    CHECK(recording.sessions().front().responses_lost);
    CHECK_FALSE(recording.sessions().front().is_whole());
}

TEST_CASE("a recorder in the place of Kapacitor reads responses") {
    const TemporaryDirectory directory;
    const fs::path file = directory / "a.rec";
    {
        Recorder recorder({.file = file, .place = Recorder::Place::of_kapacitor});
        recorder.has_written(request_frame("request"));
        recorder.output_was_closed();
        recorder.has_read(request_frame("response"));
        recorder.input_has_ended();
    }
    const Recording recording(file);
    CHECK(bodies(recording, 0, Direction::in) == std::vector<std::string>{"request"});
    CHECK(bodies(recording, 0, Direction::out) == std::vector<std::string>{"response"});
    CHECK(recording.sessions().front().is_whole());
}

TEST_CASE("a session whose beginning is missing is read all the same") {
    const TemporaryDirectory directory;
    const fs::path file = directory / "a.rec";
    { Recorder({.file = file}).has_read(request_frame("one")); }
    const std::string bytes = read_file(file);
    write_file(file, bytes.substr(bytes.find("udf-rec", 1)));
    const Recording recording(file);
    CHECK(bodies(recording, 0) == std::vector<std::string>{"one"});
    CHECK(recording.notes().front() == Contains("the beginning of session 1 is missing"));
}
