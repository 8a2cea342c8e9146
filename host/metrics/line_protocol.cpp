// SPDX-License-Identifier: MIT
#include "metrics/line_protocol.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <utility>

#include "metrics/percentile.h"
#include "text/line_word.h"

namespace metrics {
namespace {

constexpr size_t kMostOfTag = 128;  // with all of their bytes escaped, four of them leave room for fields

// Others with the same beginning must stay apart.
std::string shortened(std::string_view value) {
    if (value.size() <= kMostOfTag) return std::string(value);
    uint32_t hash = 2166136261;  // FNV-1a
    for (const char c : value) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619;
    const std::string end = fmt::format("~{:08x}", hash);
    size_t kept = kMostOfTag - end.size();
    while ((static_cast<unsigned char>(value[kept]) & 0xc0) == 0x80) --kept;  // not within a character
    return std::string(value.substr(0, kept)) + end;
}

void add_tag(std::string& head, std::string_view key, std::string_view value) {
    const std::string kept = shortened(value);
    if (text::without_end(kept).empty()) return;
    fmt::format_to(std::back_inserter(head), ",{}=", key);
    text::write_line_word(head, kept, text::kEscapedInKeys);
}

// Puts lines together, and lines into datagrams.
class Writer {
public:
    Writer(size_t most, std::chrono::system_clock::time_point now)
        : most_(most),
          end_(fmt::format(" {}\n",
                           std::chrono::duration_cast<std::chrono::nanoseconds>(now.time_since_epoch()).count())) {}

    void begin(std::string head) {
        head_ = std::move(head);
        line_.clear();
    }
    void field(std::string_view name, uint64_t value) { field(fmt::format("{}={}i", name, value)); }
    void field(std::string_view name, double value) { field(fmt::format("{}={}", name, value)); }
    void end() {
        if (line_.empty()) return;
        line_ += end_;
        if (datagrams_.empty() || datagrams_.back().size() + line_.size() > most_) datagrams_.emplace_back();
        datagrams_.back() += line_;
        line_.clear();
    }
    std::vector<std::string> take() { return std::move(datagrams_); }

private:
    void field(const std::string& text) {
        if (!line_.empty() && line_.size() + 1 + text.size() + end_.size() > most_) end();
        line_ += line_.empty() ? head_ + " " : ",";
        line_ += text;
    }

    const size_t most_;
    const std::string end_;
    std::string head_, line_;
    std::vector<std::string> datagrams_;
};

void write_flow(Writer& to, std::string_view way, const Flow& flow) {
    to.field(fmt::format("{}_points_total", way), flow.points);
    to.field(fmt::format("{}_batches_total", way), flow.batches);
    to.field(fmt::format("{}_bytes_total", way), flow.bytes);
}

void write_handler(Writer& to, const Histogram& all, const Histogram& lately) {
    if (all.count() == 0) return;
    to.field("handler_call_duration_seconds_count", all.count());
    to.field("handler_call_duration_seconds_sum", in_seconds(all.nanoseconds));
    if (lately.count() == 0) return;
    to.field("handler_call_duration_seconds_p50", percentile(lately, 0.5));
    to.field("handler_call_duration_seconds_p99", percentile(lately, 0.99));
}

}  // namespace

std::vector<std::string> LineProtocol::datagrams(const Totals& totals, std::chrono::system_clock::time_point now) {
    Writer to(most_, now);
    std::map<Labels, Histogram> seen;
    for (const auto& [labels, total] : totals) {
        std::string tags;
        add_tag(tags, "algorithm", labels.algorithm);
        add_tag(tags, "task", labels.task);
        add_tag(tags, "node", labels.node);
        add_tag(tags, "host", source_.host);
        add_tag(tags, "pid", fmt::to_string(source_.pid));

        to.begin("udf_host" + tags);
        to.field("connections", total.connections);
        write_flow(to, "received", total.counts.in);
        write_flow(to, "sent", total.counts.out);
        write_handler(to, total.counts.handler, since(total.counts.handler, before_[labels]));
        to.field("output_blocked_seconds_total", in_seconds(total.counts.blocked_nanoseconds));
        to.field("worker_upgrades_total", total.counts.upgrades);
        if (total.checkpoint) {
            const std::chrono::duration<double> age = now - total.checkpoint->taken;
            to.field("checkpoint_age_seconds", std::max(age.count(), 0.0));
            to.field("checkpoint_bytes", total.checkpoint->bytes);
        }
        to.field("journal_bytes", total.journal_bytes);
        to.field("journal_frames", total.journal_frames);
        to.field("quarantined_total", total.counts.quarantined);
        to.field("dropped_total", total.counts.dropped);
        to.end();

        for (const auto& [rule, count] : total.counts.guard) {
            if (count == 0) continue;
            std::string head = "udf_host_guard" + tags;
            add_tag(head, "rule", rule);
            to.begin(std::move(head));
            to.field("mended_total", count);
            to.end();
        }
        for (size_t i = 0; i < kCauses.size(); ++i) {
            if (total.counts.restarts[i] == 0) continue;
            std::string head = "udf_host_restarts" + tags;
            add_tag(head, "cause", kCauses[i]);
            to.begin(std::move(head));
            to.field("worker_restarts_total", total.counts.restarts[i]);
            to.end();
        }
        seen[labels] = total.counts.handler;
    }
    before_ = std::move(seen);
    return to.take();
}

}  // namespace metrics
