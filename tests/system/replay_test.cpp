// SPDX-License-Identifier: MIT
//
// Sessions recorded between a real Kapacitor and its reference agents, replayed into udf-host. The
// responses must be equal in meaning: data in the same order and replies in the same order, maps
// as maps. (The reference agents reply from a thread of their own, so the two are not compared
// with each other. Nor are answers to keepalives with others under a supervisor, which gives them at
// once.)
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "client/process.h"
#include "support/proto_points.h"
#include "system/udf_process.h"
#include "wire/channel.h"
#include "wire/frame.h"

using namespace support;
namespace fs = std::filesystem;

namespace {

// ---- Recordings ----

struct Recording {
    const char* name;
    const char* plugin;
};

constexpr Recording kRecordings[] = {
    {"mirror_socket", "mirror"},      {"moving_avg", "moving_avg"},
    {"outliers_window", "outliers"},  {"outliers_query", "outliers"},
    {"batch_groups", "mirror_batch"}, {"batch_empty", "mirror_batch"},
    {"snapshot", "moving_avg"},       {"snapshot_restored", "moving_avg"},
    {"keepalive", "mirror"},          {"rich_stream", TEST_PLUGINS "/rich.so"},
};

std::string read_file(const std::string& name) {
    std::ifstream in(TEST_DATA "/wire/" + name, std::ios::binary);
    REQUIRE_MESSAGE(in, name);
    return {std::istreambuf_iterator<char>(in), {}};
}

template <class Message>
std::vector<Message> parse_all(std::string_view bytes) {
    std::vector<Message> messages;
    while (!bytes.empty()) {
        const wire::Split split = wire::split_frame(bytes);
        REQUIRE(split.status == wire::Split::whole);
        REQUIRE(messages.emplace_back().ParseFromArray(split.body.data(), static_cast<int>(split.body.size())));
        bytes.remove_prefix(split.frame.size());
    }
    return messages;
}

// ---- Meaning ----

bool near(double a, double b) { return a == b || std::abs(a - b) <= 1e-12 * std::max(std::abs(a), std::abs(b)); }

// Points are equal but for the last bits of doubles, which depend on the order of additions.
bool same_point(pb::Point a, pb::Point b) {
    if (a.fieldsdouble_size() != b.fieldsdouble_size()) return false;
    for (const auto& [name, value] : a.fieldsdouble()) {
        const auto other = b.fieldsdouble().find(name);
        if (other == b.fieldsdouble().end() || !near(value, other->second)) return false;
    }
    a.clear_fieldsdouble();
    b.clear_fieldsdouble();
    return meaning(a) == meaning(b);
}

struct Sequences {
    std::vector<pb::Response> data, replies, keepalives;
};

// `keepalives` stay empty where they are replies like others.
Sequences split(std::vector<pb::Response> responses, bool keepalives_apart) {
    Sequences out;
    for (auto& r : responses) {
        const bool is_data = r.has_begin() || r.has_point() || r.has_end();
        const bool is_unasked = r.has_keepalive() && r.keepalive().time() == 0;  // it says: I am busy
        if (is_unasked && keepalives_apart) continue;
        const bool apart = keepalives_apart && r.has_keepalive();
        (is_data ? out.data : apart ? out.keepalives : out.replies).push_back(std::move(r));
    }
    return out;
}

// The points of each batch in an order of their own: outliers come by value from the reference and
// by time from us.
void sort_batches(std::vector<pb::Response>& data) {
    for (size_t i = 0; i < data.size(); ++i) {
        if (!data[i].has_begin()) continue;
        const auto end = std::find_if(data.begin() + static_cast<ptrdiff_t>(i), data.end(),
                                      [](const pb::Response& r) { return r.has_end(); });
        std::sort(data.begin() + static_cast<ptrdiff_t>(i) + 1, end,
                  [](const pb::Response& a, const pb::Response& b) { return meaning(a) < meaning(b); });
    }
}

// What differs though it means the same: the size in a BeginBatch is a hint, ours is the true
// count; and our EndBatch says all that the BeginBatch said, byName too, which Kapacitor leaves out.
void settle_headers(std::vector<pb::Response>& data, bool exact) {
    for (size_t i = 0; i < data.size(); ++i) {
        if (data[i].has_end()) data[i].mutable_end()->clear_byname();
        if (!data[i].has_begin()) continue;
        size_t count = 0;
        while (data[i + 1 + count].has_point()) ++count;
        if (exact) CHECK(data[i].begin().size() == static_cast<int64_t>(count));
        data[i].mutable_begin()->clear_size();
    }
}

void check_replies(const std::vector<pb::Response>& expected, const std::vector<pb::Response>& got) {
    REQUIRE(got.size() == expected.size());
    for (size_t i = 0; i < got.size(); ++i) {
        INFO("reply " << i << ": " << got[i].ShortDebugString());
        REQUIRE(got[i].message_case() == expected[i].message_case());
        if (got[i].has_snapshot())
            CHECK(got[i].snapshot().snapshot().empty() == expected[i].snapshot().snapshot().empty());
        else
            CHECK(meaning(got[i]) == meaning(expected[i]));
    }
}

void check_equal(const std::string& expected_bytes, const std::string& bytes, bool keepalives_apart) {
    Sequences expected = split(parse_all<pb::Response>(expected_bytes), keepalives_apart);
    Sequences got = split(parse_all<pb::Response>(bytes), keepalives_apart);
    settle_headers(expected.data, false);
    settle_headers(got.data, true);
    sort_batches(expected.data);
    sort_batches(got.data);
    REQUIRE(got.data.size() == expected.data.size());
    for (size_t i = 0; i < got.data.size(); ++i) {
        INFO("data message " << i << ": " << got.data[i].ShortDebugString() << " instead of "
                             << expected.data[i].ShortDebugString());
        if (got.data[i].has_point() && expected.data[i].has_point())
            CHECK(same_point(got.data[i].point(), expected.data[i].point()));
        else
            CHECK(meaning(got.data[i]) == meaning(expected.data[i]));
    }
    check_replies(expected.replies, got.replies);
    check_replies(expected.keepalives, got.keepalives);
}

// ---- udf-host ----

// Writes all of `requests` in pieces, ends the input, and reads to the end.
std::string exchange(wire::Channel& channel, std::string_view requests, size_t piece) {
    std::string responses(1 << 16, '\0');
    size_t size = 0;
    bool ended = false;
    for (;;) {
        if (requests.empty() && !ended) {
            channel.close_output();
            ended = true;
        }
        const auto ready = channel.wait({.input = true, .output = !requests.empty()}, std::chrono::seconds(30));
        if (ready.output) {
            const auto moved = channel.write(requests.data(), std::min(piece, requests.size()));
            REQUIRE(moved.status != wire::Channel::Status::closed);
            requests.remove_prefix(moved.bytes);
        }
        if (ready.input) {
            if (responses.size() - size < 4096) responses.resize(2 * responses.size());
            const auto moved = channel.read(responses.data() + size, responses.size() - size);
            if (moved.status == wire::Channel::Status::closed) break;
            size += moved.bytes;
        }
        REQUIRE((ready.input || ready.output));
    }
    responses.resize(size);
    return responses;
}

std::string over_stdio(const char* isolation, const char* plugin, std::string_view requests, size_t piece) {
    client::Process host({UDF_HOST, "--isolation", isolation, "--plugins-dir", PLUGINS_DIR, "--plugin", plugin});
    wire::FdChannel channel(std::move(host.from_stdout), std::move(host.to_stdin));
    std::string responses = exchange(channel, requests, piece);
    REQUIRE(host.exited_within(std::chrono::seconds(20)));
    CHECK(host.failure() == "");
    return responses;
}

wire::unique_fd connect_to(const fs::path& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.native().copy(address.sun_path, sizeof address.sun_path - 1);
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (std::chrono::steady_clock::now() < until) {
        wire::unique_fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    FAIL("udf-host does not listen");
    return {};
}

std::string over_socket(const char* isolation, const char* plugin, std::string_view requests, size_t piece) {
    std::string directory = (fs::temp_directory_path() / "udf-host-replay-XXXXXX").string();
    REQUIRE(::mkdtemp(directory.data()));
    const fs::path path = fs::path(directory) / "replay.sock";
    std::string responses;
    {
        client::Process host({UDF_HOST, "--isolation", isolation, "--plugins-dir", PLUGINS_DIR, "--plugin", plugin,
                              "--socket", path.native()});
        wire::FdChannel channel(connect_to(path));
        responses = exchange(channel, requests, piece);
    }
    fs::remove_all(directory);
    return responses;
}

using Transport = std::string (*)(const char*, const char*, std::string_view, size_t);

// The snapshot in this recording is in the reference agent's format: ours takes its place, from
// the end of the session before.
std::string with_own_snapshot(Transport transport, const char* isolation) {
    const auto before =
        parse_all<pb::Response>(transport(isolation, "moving_avg", read_file("snapshot.requests.bin"), SIZE_MAX));
    std::string state;
    for (const auto& r : before)
        if (r.has_snapshot()) state = r.snapshot().snapshot();
    REQUIRE(!state.empty());
    std::string requests;
    for (auto& r : parse_all<pb::Request>(read_file("snapshot_restored.requests.bin"))) {
        if (r.has_restore()) r.mutable_restore()->set_snapshot(state);
        wire::append_frame(requests, r);
    }
    return requests;
}

void replay_all(Transport transport, size_t piece) {
    const char* const isolation = each_isolation();
    for (const Recording& recording : kRecordings) {
        CAPTURE(recording.name);
        const std::string name = recording.name;
        const std::string requests =
            name == "snapshot_restored" ? with_own_snapshot(transport, isolation) : read_file(name + ".requests.bin");
        check_equal(read_file(name + ".responses.bin"), transport(isolation, recording.plugin, requests, piece),
                    isolation == std::string_view(kSupervised));
    }
}

}  // namespace

TEST_CASE("recorded sessions replay over stdio") { replay_all(over_stdio, SIZE_MAX); }

TEST_CASE("recorded sessions replay over a socket") { replay_all(over_socket, SIZE_MAX); }

TEST_CASE("recorded sessions replay over stdio one byte at a time") { replay_all(over_stdio, 1); }

TEST_CASE("recorded sessions replay over a socket one byte at a time") { replay_all(over_socket, 1); }

TEST_CASE("recorded Info requests are answered with the recorded options and edges") {
    const char* const isolation = each_isolation();
    for (const Recording& recording : kRecordings) {
        const std::string name = recording.name;
        if (!fs::exists(TEST_DATA "/wire/" + name + ".info.requests.bin")) continue;
        CAPTURE(name);
        const auto got = parse_all<pb::Response>(
            over_stdio(isolation, recording.plugin, read_file(name + ".info.requests.bin"), SIZE_MAX));
        const auto expected = parse_all<pb::Response>(read_file(name + ".info.responses.bin"));
        REQUIRE(got.size() == 1);
        REQUIRE(expected.size() == 1);
        CHECK(got[0].info().wants() == expected[0].info().wants());
        CHECK(got[0].info().provides() == expected[0].info().provides());
        for (const auto& [option, types] : expected[0].info().options()) {
            CAPTURE(option);
            REQUIRE(got[0].info().options().contains(option));
            CHECK(meaning(got[0].info().options().at(option)) == meaning(types));
        }
    }
}
