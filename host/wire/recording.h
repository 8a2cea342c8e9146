// SPDX-License-Identifier: MIT
//
// Recordings: what went over connections, both ways, with its times; to be looked at, and fed to a function again.
//
//     file    = *record                    ; of any number of sessions, in the order in which they were written
//     record  = mark version kind 3%x00 size session time place bytes seal
//     mark    = "udf-rec"
//     version = %x01
//     kind    = %x01-07                    ; see RecordKind; unknown ones are passed over
//     size    = u32                        ; of bytes
//     session = u64                        ; one for each connection, by chance
//     time    = u64                        ; ns since the session began
//     place   = u64                        ; how many bytes of this kind the session's records before it hold
//     seal    = u64                        ; size, session, time and place, each but the first turned left by 16, 32
//                                          ; and 48 bits, xored
//     u32, u64 = little-endian
//
// A session begins with a `begin`, whose bytes are a JSON object with these members and perhaps others: "started"
// (string, RFC 3339 in UTC), "function" (string, for people). What its requests and responses hold, one after
// another, are frames (see frame.h); a record holds what one read or write has moved, and ends anywhere.
//
// Each record is one write at the end of the file, so any number of processes may record into one. What a crash or a
// full disk has left of a record is known by its seal, and passed over.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wire {

enum class RecordKind : uint8_t {
    begin = 1,
    requests = 2,         // bytes that Kapacitor has sent
    responses = 3,        // and that it has been sent, as far as the system took them
    requests_ended = 4,   // Kapacitor sends no more
    responses_ended = 5,  // it has been told that no more will come
    responses_lost = 6,   // it does not read any more
    end = 7,              // whoever recorded has ended in order; a crash leaves none
};

struct RecordHead {
    static constexpr size_t kSize = 40, kSealSize = 8;

    RecordKind kind;
    uint32_t size;
    uint64_t session, time, place;

    void write(char (&to)[kSize]) const noexcept;
    void write_seal(char (&to)[kSealSize]) const noexcept;
};

// One process reads one; const methods from any thread.
class Recording {
public:
    struct Record {
        RecordKind kind;
        std::chrono::nanoseconds time;  // since the session began
        uint64_t place;
        std::string_view bytes;
    };
    struct Session {
        uint64_t id = 0;
        std::chrono::system_clock::time_point started{};
        std::string function;
        bool requests_ended = false, responses_ended = false, responses_lost = false;
        bool ended = false;                 // by whoever recorded it
        std::chrono::nanoseconds length{};  // to the last record
        std::vector<size_t> records;        // offsets in the file, of requests and responses

        // Whether all that was answered is in it, so that more would be a difference.
        bool is_whole() const noexcept { return requests_ended && (responses_ended || ended) && !responses_lost; }
    };

    // Throws std::runtime_error naming the file where it cannot be read, is none, or is of a newer version.
    explicit Recording(const std::filesystem::path& file);
    ~Recording();
    Recording(const Recording&) = delete;
    Recording& operator=(const Recording&) = delete;

    const std::vector<Session>& sessions() const noexcept { return sessions_; }  // in the order in which they began
    Record record(size_t offset) const noexcept;
    // What was passed over, for people: a line each.
    const std::vector<std::string>& notes() const noexcept { return notes_; }

private:
    std::optional<RecordHead> head_at(size_t offset) const;
    void index();
    void add(const RecordHead& head, size_t offset);
    void map();

    const std::string name_;
    std::string_view bytes_;  // of the file, mapped
    std::vector<Session> sessions_;
    std::vector<std::string> notes_;
};

// The frames of a session, in the order in which their last bytes went over the connection.
class RecordedFrames {
public:
    enum class Direction : uint8_t { in, out };  // as the function sees it
    struct Frame {
        Direction direction;
        std::chrono::nanoseconds time;  // of its last byte
        std::string_view frame, body;   // valid until the next call
    };

    // The recording outlives it. With `only`, those of one direction.
    RecordedFrames(const Recording& recording, const Recording::Session& session, std::optional<Direction> only = {});

    // Nothing at the end.
    std::optional<Frame> next();
    // Why what was left at the end is no frame, or not a whole one, for people; empty where all are whole.
    std::string left_over() const;

private:
    struct Side {
        std::string begun;    // a frame of which a part has come
        std::string problem;  // nothing can be read of what comes after it
        uint64_t place = 0;   // of the next record
    };

    bool open_next_record();

    const Recording& recording_;
    const Recording::Session& session_;
    const std::optional<Direction> only_;
    size_t next_record_ = 0;
    Direction direction_ = Direction::in;  // of the open record
    std::chrono::nanoseconds time_{};
    std::string joined_;     // where the record goes on with a frame that had begun
    std::string_view rest_;  // of the open record
    Side sides_[2];
};

}  // namespace wire
