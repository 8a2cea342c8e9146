// SPDX-License-Identifier: MIT
#include "client/dead_letter_feed.h"

#include <doctest/doctest.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

#include "client/drive.h"
#include "plugin/temporary_directory.h"
#include "support/data_frames.h"
#include "support/pipe.h"

using namespace client;
using support::batch_frames;
using support::frame_of;
using support::point_frame;

namespace {

wire::DeadLetter letter_of(const std::string& frames) {
    return {.time = std::chrono::system_clock::time_point(std::chrono::seconds(1)),
            .function = "moving_avg",
            .task = "alert",
            .node = "moving_avg2",
            .group = "host=a",
            .cause = "was killed by SIGSEGV",
            .deaths = 2,
            .frames = frames};
}

// A point as no Kapacitor writes it: its time is last, and a field that nobody knows first.
const std::string kOddPoint = std::string("\x0e\x8a\x01\x0b\xa2\x06\x03new\x12\x01m\x08\x07", 15);

std::string text_of(const std::filesystem::path& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("a letter is of a point or of a batch") {
    CHECK(edge_of(letter_of(point_frame(1))) == pb::STREAM);
    CHECK(edge_of(letter_of(kOddPoint)) == pb::STREAM);
    CHECK(edge_of(letter_of(batch_frames())) == pb::BATCH);
}

TEST_CASE("a letter with anything else is refused") {
    pb::Request snapshot, begin, end;
    snapshot.mutable_snapshot();
    begin.mutable_begin();
    end.mutable_end();
    for (const std::string& frames :
         {std::string(), std::string("\0", 1), std::string(10, '\xff'), frame_of(snapshot), frame_of(begin),
          frame_of(end), point_frame(1) + point_frame(2), point_frame(1) + 'x', frame_of(begin) + point_frame(1),
          frame_of(begin) + frame_of(snapshot) + frame_of(end), batch_frames() + point_frame(1),
          batch_frames().substr(0, batch_frames().size() - 1)}) {
        CAPTURE(frames);
        CHECK_THROWS_WITH_AS(edge_of(letter_of(frames)),
                             doctest::Contains("neither a point nor a batch: 1970-01-01T00:00:01Z moving_avg"),
                             std::runtime_error);
    }
}

TEST_CASE("the frames of letters reach the function byte for byte") {
    const TemporaryDirectory directory;
    const support::Pipe printed;
    OutputFile out(printed.write.get(), "pipe");
    const std::unique_ptr<Printer> printer = make_line_printer(out);
    Progress progress(-1, false);
    Process process({"tee", directory / "seen"});  // a good mirror: requests with data are responses as they stand
    Drive drive(process, *printer, progress);
    feed(letter_of(kOddPoint), drive);
    feed(letter_of(batch_frames()), drive);
    drive.finish();
    REQUIRE(process.exited_within(std::chrono::seconds(10)));
    CHECK(text_of(directory / "seen") == kOddPoint + batch_frames());
    CHECK(drive.points_in() == 3);
    CHECK(drive.points_out() == 3);
}

TEST_CASE("a letter is described on one line") {
    CHECK(describe(letter_of({})) ==
          "1970-01-01T00:00:01Z moving_avg in task \"alert\", node \"moving_avg2\", group \"host=a\": "
          "was killed by SIGSEGV (2 deaths)");
    wire::DeadLetter letter = letter_of({});
    letter.group = "cpu\nhost=a";
    letter.task = "\xff";
    letter.cause = "it said:\n\x1b[2Jred\r\x7f";
    letter.deaths = 1;
    CHECK(describe(letter) ==
          "1970-01-01T00:00:01Z moving_avg in task \"\xef\xbf\xbd\", node \"moving_avg2\", group \"cpu\\nhost=a\": "
          "it said:  [2Jred   (1 death)");
}
