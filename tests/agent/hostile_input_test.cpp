// SPDX-License-Identifier: MIT
//
// Input that no Kapacitor sends: whatever comes, the answer is a protocol that is kept, and an error where
// something is wrong.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "agent/on_trial.h"
#include "wire/frame_reader.h"

using namespace on_trial;

namespace {

std::string file(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

// Runs it and holds what comes out to be whole responses that Kapacitor knows; an error only as the last. Their text
// may be as bad as that of the input: a Kapacitor that sends it (1.5.7) takes it back, and later ones never send it.
struct Answers {
    bool clean;
    std::vector<wire::Kind> kinds;
    std::string last;  // the body of the last one
};
template <class Handler>
Answers serve(const std::string& input) {
    hooks = {};
    logging::set_level(logging::Level::off);
    MemoryChannel channel(input);
    Answers answers{agent::Agent(*udf::detail::algorithm<Handler>(), "test.so", channel).serve(), {}, {}};
    for (std::string_view bytes = channel.written(); !bytes.empty();) {
        const wire::Split split = wire::split_frame(bytes);
        REQUIRE(split.status == wire::Split::whole);
        REQUIRE((answers.kinds.empty() || answers.kinds.back() != wire::Kind::error));
        answers.kinds.push_back(wire::open_message(split.body).kind);
        REQUIRE(answers.kinds.back() != wire::Kind::none);
        answers.last = split.body;
        bytes.remove_prefix(split.frame.size());
    }
    return answers;
}
Answers serve_any(const std::string& input, bool batches) {
    return batches ? serve<BatchHandler>(input) : serve<StreamHandler>(input);
}

std::string error_of(const Answers& answers) {
    Response response;
    REQUIRE(response.ParseFromString(answers.last));
    return response.error().error();
}

struct Session {
    const char* name;
    bool batches;
    std::string requests = {};
};

// With an Init that our handlers understand in place of the recorded one.
std::vector<Session> recorded_sessions() {
    std::vector<Session> sessions{{"rich_stream", false},
                                  {"snapshot", false},
                                  {"keepalive", false},
                                  {"batch_empty", true},
                                  {"outliers_window", true}};
    constexpr size_t kEnough = 2500;  // bytes: each costs several runs
    for (Session& session : sessions) {
        const std::string recorded =
            file(std::filesystem::path(TEST_DATA "/wire") / (session.name + std::string(".requests.bin")));
        const size_t first = wire::split_frame(recorded).frame.size();
        REQUIRE(first > 0);
        session.requests = (init() + recorded.substr(first)).substr(0, kEnough);
    }
    return sessions;
}

}  // namespace

TEST_CASE("every byte of recorded sessions flipped gives responses or an error and nothing else") {
    for (const Session& session : recorded_sessions()) {
        CAPTURE(session.name);
        std::string input = session.requests;
        for (size_t at = 0; at < input.size(); ++at) {
            CAPTURE(at);
            for (const uint8_t flip : {0x01, 0x80, 0xff}) {
                input[at] = static_cast<char>(input[at] ^ flip);
                serve_any(input, session.batches);
                input[at] = static_cast<char>(input[at] ^ flip);
            }
        }
    }
}

TEST_CASE("recorded sessions cut off anywhere end with an error that says so, or cleanly between frames") {
    for (const Session& session : recorded_sessions()) {
        CAPTURE(session.name);
        for (size_t size = 0; size < session.requests.size(); ++size) {
            CAPTURE(size);
            const Answers answers = serve_any(session.requests.substr(0, size), session.batches);
            CHECK((answers.clean || answers.kinds.back() == wire::Kind::error));
        }
    }
}

TEST_CASE("a frame over the limit is refused before its bytes are waited for") {
    const std::string length("\x81\x80\x80\x08", 4);  // 16 MiB and one
    CHECK(error_of(serve<StreamHandler>(init() + length)).find("16777217") != std::string::npos);
}

TEST_CASE("a length that does not end is refused") {
    CHECK(error_of(serve<StreamHandler>(init() + std::string(11, '\xff'))) != "");
}

TEST_CASE("a batch inside a batch, an end without a beginning, data before Init and a second Init are refused") {
    for (const std::string& input : {init() + begin() + begin(), init() + end(1), begin(), init() + init()})
        CHECK(error_of(serve<BatchHandler>(input)) != "");
    for (const std::string& input : {init() + begin(), init() + end(1), point(1)})
        CHECK(error_of(serve<StreamHandler>(input)) != "");
}

TEST_CASE("a batch without end is refused at the limit of its points") {
    hooks = {};
    logging::set_level(logging::Level::off);
    std::string input = init() + begin();
    for (int i = 0; i < 2000; ++i) input += point(i);
    MemoryChannel channel(input);
    agent::Settings settings;
    settings.guard.batch_limit = 1000;
    agent::Agent(*udf::detail::algorithm<BatchHandler>(), "test.so", channel, settings).serve();
    CHECK(parse(false, channel.written()).responses.back().error().error().find("a batch of more than 1000 points") !=
          std::string::npos);
}
