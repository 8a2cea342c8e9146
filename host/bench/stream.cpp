// SPDX-License-Identifier: MIT
#include "bench/stream.h"

#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <udf.pb.h>

#include <algorithm>
#include <cstdint>
#include <random>

#include "wire/frame.h"

namespace bench {
namespace {

namespace pb = kapacitor::udf;

constexpr size_t kPiece = 128u << 10;                                         // bytes
constexpr size_t kLeastMessages = 16'384;                                     // so that values vary
constexpr int64_t kStart = 1'700'000'000'000'000'000, kStep = 1'000'000'000;  // ns
constexpr const char* kFields[] = {kField,      "usage_user",    "usage_system", "usage_nice",  "usage_iowait",
                                   "usage_irq", "usage_softirq", "usage_steal",  "usage_guest", "usage_guest_nice"};

// With maps in the order of their keys: protobuf's own order differs from run to run.
void append_frame(std::string& out, const pb::Request& request) {
    const size_t size = request.ByteSizeLong();
    char prefix[wire::kMaxVarint];
    out.append(prefix, wire::put_varint(prefix, size));
    google::protobuf::io::StringOutputStream stream(&out);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    request.SerializeToCodedStream(&coded);
}

class Generator {
public:
    explicit Generator(const StreamSpec& spec) : spec_(spec) {}

    Stream make() {
        if (spec_.batch_size == 0) {
            for (size_t i = 0, n = std::max(spec_.groups, kLeastMessages); i < n; ++i) add_point(i % spec_.groups);
        } else {
            const size_t least = std::max<size_t>(kLeastMessages / spec_.batch_size, 4);
            for (size_t i = 0; i < std::max(spec_.groups, least); ++i) {
                if (i >= least && stream_.bytes.size() > kStreamLimit) break;
                add_batch(i % spec_.groups);
            }
        }
        if (piece_points_ > 0) end_piece();
        stream_.in_batches = spec_.batch_size > 0;
        return std::move(stream_);
    }

private:
    std::string host_name(size_t group) const {
        return spec_.shape == Shape::cpu ? fmt::format("server-{:05}.lan", group) : fmt::format("h{:05}", group);
    }

    pb::Point point(size_t group) {
        const std::string host = host_name(group);
        pb::Point point;
        point.set_time(kStart + kStep * static_cast<int64_t>(stream_.points));
        point.set_group("host=" + host);
        (*point.mutable_tags())["host"] = host;
        if (spec_.shape == Shape::cpu) (*point.mutable_tags())["cpu"] = "cpu-total";
        const size_t fields = spec_.shape == Shape::cpu ? std::size(kFields) : 1;
        for (size_t i = 0; i < fields; ++i)
            (*point.mutable_fieldsdouble())[kFields[i]] = static_cast<double>(random_() % 100'000) / 1000;
        return point;
    }

    void add_point(size_t group) {
        pb::Request request;
        *request.mutable_point() = point(group);
        request.mutable_point()->set_name("cpu");
        request.mutable_point()->set_database(spec_.shape == Shape::cpu ? "telegraf" : "perf");
        request.mutable_point()->set_retentionpolicy("autogen");
        request.mutable_point()->add_dimensions("host");
        append_frame(stream_.bytes, request);
        end_unit(1);
    }

    void add_batch(size_t group) {
        const std::string host = host_name(group);
        pb::Request request;
        request.mutable_begin()->set_name("cpu");
        request.mutable_begin()->set_group("host=" + host);
        (*request.mutable_begin()->mutable_tags())["host"] = host;
        request.mutable_begin()->set_size(static_cast<int64_t>(spec_.batch_size));
        append_frame(stream_.bytes, request);
        for (size_t i = 0; i < spec_.batch_size; ++i) {
            *request.mutable_point() = point(group);
            append_frame(stream_.bytes, request);
        }
        request.mutable_end()->set_name("cpu");
        request.mutable_end()->set_group("host=" + host);
        (*request.mutable_end()->mutable_tags())["host"] = host;
        request.mutable_end()->set_tmax(kStart + kStep * static_cast<int64_t>(stream_.points + spec_.batch_size));
        append_frame(stream_.bytes, request);
        end_unit(spec_.batch_size);
    }

    // A message or batch is complete.
    void end_unit(size_t points) {
        if (stream_.points == 0) stream_.first_end = stream_.bytes.size();
        stream_.points += points;
        piece_points_ += points;
        const size_t piece_begin = stream_.pieces.empty() ? 0 : stream_.pieces.back().end;
        if (stream_.bytes.size() - piece_begin >= kPiece) end_piece();
    }

    void end_piece() {
        stream_.pieces.push_back({stream_.bytes.size(), piece_points_});
        piece_points_ = 0;
    }

    const StreamSpec spec_;
    Stream stream_;
    size_t piece_points_ = 0;
    std::minstd_rand random_{1};  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same values every time
};

}  // namespace

std::string_view name_of(Shape shape) noexcept { return shape == Shape::cpu ? "cpu" : "small"; }

Stream make_stream(const StreamSpec& spec) { return Generator(spec).make(); }

}  // namespace bench
