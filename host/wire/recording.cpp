// SPDX-License-Identifier: MIT
#include "wire/recording.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "text/rfc3339.h"
#include "wire/frame.h"
#include "wire/unique_fd.h"

namespace wire {
namespace {

constexpr std::string_view kMark = "udf-rec";
constexpr char kVersion = 1;

template <class Number>
void put(char* to, Number value) noexcept {
    for (size_t i = 0; i < sizeof value; ++i) to[i] = static_cast<char>(value >> (8 * i));
}
template <class Number>
Number get(const char* from) noexcept {
    Number value = 0;
    for (size_t i = 0; i < sizeof value; ++i) value |= static_cast<Number>(static_cast<uint8_t>(from[i])) << (8 * i);
    return value;
}

uint64_t seal_of(const RecordHead& head) noexcept {
    return head.size ^ std::rotl(head.session, 16) ^ std::rotl(head.time, 32) ^ std::rotl(head.place, 48);
}

[[noreturn]] void fail(const std::string& name, int error) {
    throw std::runtime_error(fmt::format("cannot read {}: {}", name, std::system_category().message(error)));
}

}  // namespace

void RecordHead::write(char (&to)[kSize]) const noexcept {
    std::memcpy(to, kMark.data(), kMark.size());
    to[7] = kVersion;
    to[8] = static_cast<char>(kind);
    to[9] = to[10] = to[11] = 0;
    put(to + 12, size);
    put(to + 16, session);
    put(to + 24, time);
    put(to + 32, place);
}

void RecordHead::write_seal(char (&to)[kSealSize]) const noexcept { put(to, seal_of(*this)); }

// ---- Recording ----

Recording::Recording(const std::filesystem::path& file) : name_(file.string()) {
    map();
    try {
        index();
    } catch (...) {
        ::munmap(const_cast<char*>(bytes_.data()), bytes_.size());
        throw;
    }
}

Recording::~Recording() { ::munmap(const_cast<char*>(bytes_.data()), bytes_.size()); }

void Recording::map() {
    const unique_fd fd(::open(name_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat file {};
    if (!fd || ::fstat(fd.get(), &file) != 0) fail(name_, errno);
    if (S_ISDIR(file.st_mode)) fail(name_, EISDIR);
    if (!S_ISREG(file.st_mode)) throw std::runtime_error(fmt::format("{} is no regular file, so no recording", name_));
    if (file.st_size == 0) throw std::runtime_error(fmt::format("{} is empty: nothing was recorded", name_));
    const auto size = static_cast<size_t>(file.st_size);
    void* const bytes = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
    if (bytes == MAP_FAILED) fail(name_, errno);
    bytes_ = {static_cast<const char*>(bytes), size};
}

// Nothing where no whole record is.
std::optional<RecordHead> Recording::head_at(size_t offset) const {
    const std::string_view rest = bytes_.substr(offset);
    if (rest.size() < RecordHead::kSize + RecordHead::kSealSize || !rest.starts_with(kMark)) return std::nullopt;
    const RecordHead head{.kind = static_cast<RecordKind>(rest[8]),
                          .size = get<uint32_t>(rest.data() + 12),
                          .session = get<uint64_t>(rest.data() + 16),
                          .time = get<uint64_t>(rest.data() + 24),
                          .place = get<uint64_t>(rest.data() + 32)};
    const size_t room = rest.size() - RecordHead::kSize - RecordHead::kSealSize;
    const bool whole = rest[7] == kVersion && head.size <= room &&
                       get<uint64_t>(rest.data() + RecordHead::kSize + head.size) == seal_of(head);
    return whole ? std::optional(head) : std::nullopt;
}

void Recording::index() {
    for (size_t offset = 0; offset < bytes_.size();) {
        if (const auto head = head_at(offset)) {
            add(*head, offset);
            offset += RecordHead::kSize + head->size + RecordHead::kSealSize;
            continue;
        }
        const std::string_view rest = bytes_.substr(offset);
        if (rest.starts_with(kMark) && rest.size() > kMark.size() && rest[kMark.size()] > kVersion)
            throw std::runtime_error(
                fmt::format("{} was recorded by a newer udf-host: version {} of the format, and "
                            "this one reads {}; update udf-host",
                            name_, int{rest[kMark.size()]}, int{kVersion}));
        size_t next = offset;
        do next = bytes_.find(kMark, next + 1);
        while (next != bytes_.npos && !head_at(next));
        const size_t end = std::min(next, bytes_.size());
        if (end == bytes_.size() && offset != 0)
            notes_.push_back(
                fmt::format("{}: the last record breaks off: its {} bytes are left out", name_, end - offset));
        else if (end != bytes_.size())
            notes_.push_back(
                fmt::format("{}: {} bytes at byte {} are no whole record: left out", name_, end - offset, offset));
        offset = end;
    }
    if (sessions_.empty()) {
        const bool torn = bytes_.substr(0, kMark.size()) == kMark.substr(0, bytes_.size());
        throw std::runtime_error(torn ? fmt::format("{} breaks off before anything was recorded", name_)
                                      : fmt::format("{} is no recording of udf-host --record", name_));
    }
}

void Recording::add(const RecordHead& head, size_t offset) {
    const auto known = std::ranges::find(sessions_.rbegin(), sessions_.rend(), head.session, &Session::id);
    const bool is_new = known == sessions_.rend();
    if (is_new) {
        Session& session = sessions_.emplace_back();
        session.id = head.session;
        if (head.kind == RecordKind::begin) {
            const auto json = nlohmann::json::parse(record(offset).bytes, nullptr, false);
            const auto text = [&json](const char* name) {
                const bool has = json.is_object() && json.contains(name) && json[name].is_string();
                return has ? json[name].get<std::string>() : std::string();
            };
            session.function = text("function");
            session.started = text::parse_rfc3339(text("started")).value_or(session.started);
            return;
        }
        notes_.push_back(fmt::format("{}: the beginning of session {} is missing", name_, sessions_.size()));
    }
    Session& session = is_new ? sessions_.back() : *known;
    session.length = std::max(session.length, std::chrono::nanoseconds(head.time));
    switch (head.kind) {
        case RecordKind::requests:
        case RecordKind::responses:
            session.records.push_back(offset);
            break;
        case RecordKind::requests_ended:
            session.requests_ended = true;
            break;
        case RecordKind::responses_ended:
            session.responses_ended = true;
            break;
        case RecordKind::responses_lost:
            session.responses_lost = true;
            break;
        case RecordKind::end:
            session.ended = true;
            break;
        default:
            break;
    }
}

Recording::Record Recording::record(size_t offset) const noexcept {
    const char* const at = bytes_.data() + offset;
    return {.kind = static_cast<RecordKind>(at[8]),
            .time = std::chrono::nanoseconds(get<uint64_t>(at + 24)),
            .place = get<uint64_t>(at + 32),
            .bytes = {at + RecordHead::kSize, get<uint32_t>(at + 12)}};
}

// ---- RecordedFrames ----

RecordedFrames::RecordedFrames(const Recording& recording, const Recording::Session& session,
                               std::optional<Direction> only)
    : recording_(recording), session_(session), only_(only) {}

std::optional<RecordedFrames::Frame> RecordedFrames::next() {
    do {
        const Split split = split_frame(rest_, kMostFrameLimit);
        Side& side = sides_[static_cast<size_t>(direction_)];
        if (split.status == Split::whole) {
            rest_.remove_prefix(split.frame.size());
            return Frame{direction_, time_, split.frame, split.body};
        }
        if (split.status != Split::partial) side.problem = describe(split, kMostFrameLimit);
        if (rest_.size() == joined_.size() && rest_.data() == joined_.data())
            side.begun.swap(joined_);  // much of a large frame: not copied for each record of it
        else
            side.begun = rest_;
        rest_ = {};
    } while (open_next_record());
    return std::nullopt;
}

bool RecordedFrames::open_next_record() {
    while (next_record_ < session_.records.size()) {
        const Recording::Record record = recording_.record(session_.records[next_record_++]);
        const Direction direction = record.kind == RecordKind::requests ? Direction::in : Direction::out;
        Side& side = sides_[static_cast<size_t>(direction)];
        if ((only_ && *only_ != direction) || !side.problem.empty()) continue;
        if (record.place != std::exchange(side.place, record.place + record.bytes.size())) {
            side.problem = "what comes next is missing in the recording";
            continue;
        }
        direction_ = direction;
        time_ = record.time;
        rest_ = record.bytes;
        if (side.begun.empty()) return true;
        joined_.clear();
        joined_.swap(side.begun);
        joined_ += record.bytes;
        rest_ = joined_;
        return true;
    }
    return false;
}

std::string RecordedFrames::left_over() const {
    std::string text;
    for (const Direction direction : {Direction::in, Direction::out}) {
        const Side& side = sides_[static_cast<size_t>(direction)];
        if (side.begun.empty() && side.problem.empty()) continue;
        const std::string how =
            side.problem.empty() ? fmt::format("{} bytes of a frame that breaks off", side.begun.size()) : side.problem;
        text += fmt::format("{}at the end of the {}: {}", text.empty() ? "" : "; ",
                            direction == Direction::in ? "requests" : "responses", how);
    }
    return text;
}

}  // namespace wire
