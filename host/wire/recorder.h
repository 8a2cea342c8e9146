// SPDX-License-Identifier: MIT
//
// Records what one channel moves as a session at the end of a file (see recording.h), where others may record, too.
// What has been moved is with the system at once, so it outlives us, whatever we die of.
//
// Nobody suffers from it: at a write that fails, or takes longer than kPatience, and where the file gets larger than
// the limit, it says so in the log, once, and records no more.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "wire/channel.h"
#include "wire/recording.h"
#include "wire/unique_fd.h"

namespace wire {

class Recorder final : public Tap {
public:
    enum class Place : uint8_t {
        of_function,   // reads requests, and writes responses
        of_kapacitor,  // the reverse
    };
    struct Settings {
        std::filesystem::path file;  // made where there is none, for its owner alone
        uint64_t limit = 0;          // bytes; 0 = any
        std::string function = {};   // what it is a session with, for people
        Place place = Place::of_function;
    };

    static constexpr std::chrono::milliseconds kPatience{1000};

    // Throws std::runtime_error naming the file where that cannot be written, or is something else than a recording.
    explicit Recorder(const Settings& settings);
    ~Recorder() override;
    Recorder(const Recorder&) = delete;
    Recorder& operator=(const Recorder&) = delete;

    void has_read(std::string_view bytes) noexcept override;
    void has_written(std::string_view bytes) noexcept override;
    void input_has_ended() noexcept override;
    void output_is_lost() noexcept override;
    void output_was_closed() noexcept override;

private:
    using Clock = std::chrono::steady_clock;

    void append(RecordKind kind, std::string_view bytes) noexcept;
    void append_once(RecordKind kind, bool& done) noexcept;
    void write(const RecordHead& head, std::string_view bytes);
    void stop(const std::string& why) noexcept;
    bool in_place_of_function() const noexcept { return place_ == Place::of_function; }

    const std::string name_;
    const Place place_;
    const uint64_t limit_;
    const Clock::time_point began_ = Clock::now();
    unique_fd fd_;  // none once it has stopped
    uint64_t session_ = 0;
    uint64_t requests_ = 0, responses_ = 0;  // bytes so far
    bool input_ended_ = false, output_lost_ = false, output_closed_ = false;
};

}  // namespace wire
