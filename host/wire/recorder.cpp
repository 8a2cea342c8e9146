// SPDX-License-Identifier: MIT
#include "wire/recorder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "log/log.h"
#include "text/rfc3339.h"

namespace wire {
namespace {

constexpr mode_t kRecordingMode = 0600;

// A write over the limit of the process for files would end it with a signal.
uint64_t with_limit_of_process(uint64_t limit) {
    rlimit most{};
    if (::getrlimit(RLIMIT_FSIZE, &most) != 0 || most.rlim_cur == RLIM_INFINITY) return limit;
    return limit == 0 ? most.rlim_cur : std::min<uint64_t>(limit, most.rlim_cur);
}

uint64_t some_number() {
    uint64_t number = 0;
    if (::getrandom(&number, sizeof number, GRND_NONBLOCK) == sizeof number) return number;
    return static_cast<uint64_t>(std::chrono::system_clock::now().time_since_epoch().count()) ^
           static_cast<uint64_t>(::getpid()) << 40;
}

bool may_be_recording(int fd) {
    struct stat file {};
    if (::fstat(fd, &file) != 0 || !S_ISREG(file.st_mode)) return true;
    char head[7];
    const ssize_t n = ::pread(fd, head, sizeof head, 0);
    return n < 0 ||
           std::string_view(head, static_cast<size_t>(n)) == std::string_view("udf-rec", static_cast<size_t>(n));
}

}  // namespace

Recorder::Recorder(const Settings& settings)
    : name_(settings.file.string()),
      place_(settings.place),
      limit_(with_limit_of_process(settings.limit)),
      fd_(::open(name_.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, kRecordingMode)),
      session_(some_number()) {
    if (!fd_)
        throw std::runtime_error(fmt::format("cannot record to {}: {}", name_, std::system_category().message(errno)));
    if (!may_be_recording(fd_.get()))
        throw std::runtime_error(
            fmt::format("cannot record to {}: it holds something else; name a new file, or a recording", name_));
    const nlohmann::ordered_json about = {{"started", text::rfc3339(std::chrono::system_clock::now())},
                                          {"function", settings.function},
                                          {"udf-host", UDF_HOST_VERSION},
                                          {"pid", ::getpid()}};
    append(RecordKind::begin, about.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

Recorder::~Recorder() { append(RecordKind::end, {}); }

void Recorder::has_read(std::string_view bytes) noexcept {
    append(in_place_of_function() ? RecordKind::requests : RecordKind::responses, bytes);
}

void Recorder::has_written(std::string_view bytes) noexcept {
    append(in_place_of_function() ? RecordKind::responses : RecordKind::requests, bytes);
}

void Recorder::input_has_ended() noexcept {
    append_once(in_place_of_function() ? RecordKind::requests_ended : RecordKind::responses_ended, input_ended_);
}

void Recorder::output_is_lost() noexcept {
    if (in_place_of_function()) append_once(RecordKind::responses_lost, output_lost_);
}

void Recorder::output_was_closed() noexcept {
    append_once(in_place_of_function() ? RecordKind::responses_ended : RecordKind::requests_ended, output_closed_);
}

void Recorder::append_once(RecordKind kind, bool& done) noexcept {
    if (!std::exchange(done, true)) append(kind, {});
}

void Recorder::append(RecordKind kind, std::string_view bytes) noexcept try {
    if (!fd_) return;
    uint64_t none = 0;
    uint64_t& place = kind == RecordKind::requests ? requests_ : kind == RecordKind::responses ? responses_ : none;
    const auto began = Clock::now();
    const auto time = std::chrono::duration_cast<std::chrono::nanoseconds>(began - began_);
    const RecordHead head{.kind = kind,
                          .size = static_cast<uint32_t>(bytes.size()),  // no read or write moves more than 2 GiB
                          .session = session_,
                          .time = static_cast<uint64_t>(time.count()),
                          .place = std::exchange(place, place + bytes.size())};
    write(head, bytes);
    if (const auto took = Clock::now() - began; took > kPatience && fd_)
        stop(fmt::format("a write to it took {:.1f} s", std::chrono::duration<double>(took).count()));
} catch (const std::exception& e) {
    stop(e.what());
}

void Recorder::write(const RecordHead& head, std::string_view bytes) {
    char head_bytes[RecordHead::kSize], seal[RecordHead::kSealSize];
    head.write(head_bytes);
    head.write_seal(seal);
    iovec parts[] = {
        {head_bytes, sizeof head_bytes}, {const_cast<char*>(bytes.data()), bytes.size()}, {seal, sizeof seal}};
    const size_t size = sizeof head_bytes + bytes.size() + sizeof seal;
    if (limit_ != 0) {
        struct stat file {};
        if (::fstat(fd_.get(), &file) == 0 && static_cast<uint64_t>(file.st_size) + size > limit_)
            return stop(fmt::format("it would get larger than {} MiB (--record-limit)", limit_ >> 20));
    }
    ssize_t written = 0;
    do written = ::writev(fd_.get(), parts, 3);
    while (written < 0 && errno == EINTR);
    if (written < 0) return stop(std::system_category().message(errno));
    if (static_cast<size_t>(written) != size) stop(std::system_category().message(ENOSPC));
}

void Recorder::stop(const std::string& why) noexcept {
    fd_.reset();
    logging::error("the recording stops, nothing else does", {{"file", name_}, {"cause", why}});
}

}  // namespace wire
