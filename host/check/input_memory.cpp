// SPDX-License-Identifier: MIT
#include "check/input_memory.h"

#include <execinfo.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <new>
#include <stdexcept>
#include <utility>

namespace check {
namespace {

// Where guarded memory is, for a signal handler: no more than there is room for is explained.
struct Guarded {
    std::atomic<uintptr_t> begin, end;
    std::atomic<bool> retired;
};
std::array<Guarded, 8192> guarded_regions;
std::atomic<size_t> guarded_count;
std::atomic<int> notes_fd = -1;

void explain_address(uintptr_t at) {
    const size_t count = std::min(guarded_count.load(), guarded_regions.size());
    for (size_t i = 0; i < count; ++i) {
        const Guarded& region = guarded_regions[i];
        if (at < region.begin || at >= region.end) continue;
        static constexpr char kept[] =
            "{\"status\":\"fail\",\"text\":\"used memory of the host's after the call it was handed in had "
            "returned\"}\n";
        static constexpr char written[] =
            "{\"status\":\"fail\",\"text\":\"wrote to memory of the host's, which is to be read only\"}\n";
        if (region.retired)
            (void)!::write(notes_fd, kept, sizeof kept - 1);
        else
            (void)!::write(notes_fd, written, sizeof written - 1);
        break;
    }
}

void explain(int signal, siginfo_t* info, void*) {
    if (signal == SIGSEGV || signal == SIGBUS) explain_address(reinterpret_cast<uintptr_t>(info->si_addr));
    constexpr int kFrames = 12, kOurs = 2;  // this function, and the kernel's way into it
    std::array<void*, kFrames> frames{};
    const int count = ::backtrace(frames.data(), kFrames);
    if (count > kOurs) ::backtrace_symbols_fd(frames.data() + kOurs, count - kOurs, STDERR_FILENO);
    ::signal(signal, SIG_DFL);
    if (info->si_code <= 0) ::raise(signal);  // else the instruction is run again, and ends the process
}

size_t rounded(size_t bytes) {
    const auto page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
    return (bytes + page) / page * page;
}

size_t bytes_of(const Tags& tags) {
    size_t bytes = tags.size() * sizeof(udf_tag);
    for (const auto& [key, value] : tags) bytes += key.size() + value.size();
    return bytes;
}

size_t bytes_of(const Point& p) {
    constexpr size_t kAlignment = 64;
    size_t bytes = sizeof(udf_point) + kAlignment + bytes_of(p.tags);
    for (const auto& [name, value] : p.fields) {
        bytes += sizeof(udf_field) + name.size();
        if (const auto* s = std::get_if<std::string>(&value)) bytes += s->size();
    }
    for (const std::string& dimension : p.dimensions) bytes += sizeof(udf_str) + dimension.size();
    return bytes + p.group.size() + p.name.size() + p.database.size() + p.retention_policy.size();
}

size_t bytes_of(const Batch* batch, std::span<const Point> points) {
    size_t bytes = 256;
    if (batch != nullptr) bytes += sizeof *batch + bytes_of(batch->tags) + batch->name.size() + batch->group.size();
    for (const Point& point : points) bytes += bytes_of(point);
    return bytes;
}

udf_tag* put_tags(Region& region, const Tags& tags) {
    auto* const array = region.array<udf_tag>(tags.size());
    for (size_t i = 0; i < tags.size(); ++i) array[i] = {region.text(tags[i].first), region.text(tags[i].second)};
    return array;
}

udf_value put_value(Region& region, const Value& value) {
    udf_value result{};
    if (const auto* d = std::get_if<double>(&value)) result.as.f = *d, result.type = UDF_DOUBLE;
    if (const auto* i = std::get_if<int64_t>(&value)) result.as.i = *i, result.type = UDF_INT;
    if (const auto* b = std::get_if<bool>(&value)) result.as.i = *b ? 1 : 0, result.type = UDF_BOOL;
    if (const auto* s = std::get_if<std::string>(&value)) {
        const udf_str text = region.text(*s);
        result.as.s = text.data;
        result.size = static_cast<uint32_t>(text.size);
        result.type = UDF_STRING;
    }
    return result;
}

udf_point put_point(Region& region, const Point& from) {
    udf_point p{};
    p.time = from.time;
    auto* const fields = region.array<udf_field>(from.fields.size());
    auto* const dimensions = region.array<udf_str>(from.dimensions.size());
    p.tags = put_tags(region, from.tags);
    for (size_t i = 0; i < from.fields.size(); ++i)
        fields[i] = {region.text(from.fields[i].first), put_value(region, from.fields[i].second)};
    for (size_t i = 0; i < from.dimensions.size(); ++i) dimensions[i] = region.text(from.dimensions[i]);
    p.fields = fields;
    p.dimensions = dimensions;
    p.field_count = static_cast<uint32_t>(from.fields.size());
    p.tag_count = static_cast<uint32_t>(from.tags.size());
    p.dimension_count = static_cast<uint32_t>(from.dimensions.size());
    p.by_name = from.by_name ? 1 : 0;
    p.group = region.text(from.group);
    p.name = region.text(from.name);
    p.database = region.text(from.database);
    p.retention_policy = region.text(from.retention_policy);
    return p;
}

}  // namespace

Region::Region(size_t bytes, Memory memory) : memory_(memory), size_(bytes) {
    if (memory_ == Memory::plain) {
        begin_ = static_cast<char*>(::operator new(size_));
        return;
    }
    size_ = rounded(bytes);
    void* const mapped = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) throw std::bad_alloc();
    begin_ = static_cast<char*>(mapped);
    slot_ = guarded_count++;
    if (slot_ >= guarded_regions.size()) return;
    guarded_regions[slot_].begin = reinterpret_cast<uintptr_t>(begin_);
    guarded_regions[slot_].end = reinterpret_cast<uintptr_t>(begin_) + size_;
}

Region::~Region() {
    if (memory_ == Memory::plain) ::operator delete(begin_);
    if (memory_ == Memory::guarded && begin_ != nullptr) retire();
}

Region::Region(Region&& other) noexcept
    : memory_(other.memory_),
      size_(other.size_),
      used_(other.used_),
      begin_(std::exchange(other.begin_, nullptr)),
      slot_(other.slot_) {}

void* Region::take(size_t bytes, size_t alignment) {
    used_ = (used_ + alignment - 1) / alignment * alignment;
    if (bytes > size_ - used_) throw std::logic_error("a region is too small for its points");
    void* const result = begin_ + used_;
    used_ += bytes;
    return bytes != 0 ? result : nullptr;  // as the interface allows where there is nothing
}

udf_str Region::text(const std::string& text) {
    if (text.empty()) return {nullptr, 0};
    char* const to = array<char>(text.size());
    std::ranges::copy(text, to);
    return {to, text.size()};
}

void Region::lock() noexcept {
    if (memory_ == Memory::guarded) ::mprotect(begin_, size_, PROT_READ);
}

void Region::retire() noexcept {
    if (memory_ != Memory::guarded) return;
    if (slot_ < guarded_regions.size()) guarded_regions[slot_].retired = true;
    ::madvise(begin_, size_, MADV_DONTNEED);
    ::mprotect(begin_, size_, PROT_NONE);
}

InputMemory::InputMemory(std::span<const Point> points, Memory memory) : InputMemory(nullptr, points, memory) {}

InputMemory::InputMemory(const Batch& batch, std::span<const Point> points, Memory memory)
    : InputMemory(&batch, points, memory) {}

InputMemory::InputMemory(const Batch* batch, std::span<const Point> points, Memory memory)
    : region_(bytes_of(batch, points), memory), count_(points.size()) {
    points_ = region_.array<udf_point>(points.size());
    for (size_t i = 0; i < points.size(); ++i) {
        points_[i] = put_point(region_, points[i]);
        points_[i].origin = reinterpret_cast<const void*>(i + 1);
    }
    if (batch == nullptr) return;
    batch_ = region_.array<udf_batch>(1);
    *batch_ = {};
    batch_->points = points_;
    batch_->point_count = points.size();
    batch_->tags = put_tags(region_, batch->tags);
    batch_->tag_count = static_cast<uint32_t>(batch->tags.size());
    batch_->by_name = batch->by_name ? 1 : 0;
    batch_->tmax = batch->tmax;
    batch_->group = region_.text(batch->group);
    batch_->name = region_.text(batch->name);
}

void explain_crashes(int notes) {
    notes_fd = notes;
    std::array<void*, 1> frame{};
    ::backtrace(frame.data(), 1);                      // what it has to load, it loads now
    static std::array<char, size_t{64} * 1024> stack;  // a stack that has overflowed is none to speak from
    stack_t alternative{};
    alternative.ss_sp = stack.data();
    alternative.ss_size = stack.size();
    ::sigaltstack(&alternative, nullptr);
    struct sigaction action {};
    action.sa_sigaction = explain;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    for (const int signal : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL}) ::sigaction(signal, &action, nullptr);
}

}  // namespace check
