// SPDX-License-Identifier: MIT
//
// Supervisor: Kapacitor's side of the connection.
#include <fmt/format.h>

#include "supervisor/supervisor.h"
#include "wire/supervised.h"

namespace supervisor {
namespace {

using wire::Kind;

constexpr size_t kBacklog = 256u << 10;            // bytes that wait for a worker that gets on; then Kapacitor waits
constexpr std::chrono::milliseconds kGetsOn{500};  // without progress it does not
constexpr size_t kAtOnce = 32u << 10;              // bytes of input that are looked at in one
constexpr size_t kWorthAWrite = 16u << 10;         // bytes of output

}  // namespace

// While the worker gets on, Kapacitor waits for it as for any function. While it does not, or Kapacitor does not
// read, the input is read on: Kapacitor has locks and other tasks that must not wait.
bool Supervisor::has_room() const {
    // The end of a batch that has begun is what makes room.
    if (journal_.size() >= settings_.journal_limit && !in_batch_) return false;
    const bool gets_on = working_ && !delivery_.catching_up() && Clock::now() - progress_at_ < kGetsOn;
    return !gets_on || journal_.end() - delivery_.sent() < kBacklog;
}

void Supervisor::read_client() {
    if (client_in_.fill(client_) == wire::Channel::Status::closed) input_ended();
}

void Supervisor::take_client_frames() try {
    while (has_room() || (make_room(), has_room())) {
        const std::string_view bytes = client_in_.untaken();
        size_t size = 0;
        uint64_t points = 0;
        for (; size < kAtOnce; ++points) {
            const wire::PointFrame point = wire::find_point(bytes.substr(size));
            if (!point) break;
            size += point.prefix + point.size;
        }
        if (size != 0) {
            take_data(bytes.substr(0, size), points, points, !in_batch_);
            client_in_.take(size);
            metrics::add(account_.in.bytes, size);
            continue;
        }
        const wire::Split frame = client_in_.peek();
        if (frame.status != wire::Split::whole) return;
        client_in_.take(frame);
        metrics::add(account_.in.bytes, frame.frame.size());
        take_client_frame(frame);
    }
} catch (const wire::ProtocolError& e) {
    fail(init_frame_.empty() && info_frame_.empty()
             ? fmt::format("{}; this is not Kapacitor's protocol (to try an algorithm on line protocol: udf-host run)",
                           e.what())
             : e.what());
}

void Supervisor::take_data(std::string_view frames, uint64_t count, uint64_t points, bool ends_unit) {
    if (init_frame_.empty()) throw wire::ProtocolError("data came before Init");
    // It is kept to its end, however much that is.
    if (in_batch_ && (batch_points_ += points) > settings_.guard.batch_limit)
        throw wire::ProtocolError(
            fmt::format("a batch of more than {} points came (--batch-limit)", settings_.guard.batch_limit));
    journal_.append(frames, ends_unit, count);
    metrics::add(account_.in.points, points);
    if (guarded_) guarded_->saw_input(frames);
}

void Supervisor::take_client_frame(const wire::Split& frame) {
    const wire::Message message = wire::open_message(frame.body);
    switch (message.kind) {
        case Kind::point:
            return take_data(frame.frame, 1, 1, !in_batch_);
        case Kind::begin:
            in_batches_ = true;
            if (std::exchange(in_batch_, true)) throw wire::ProtocolError("a batch began inside a batch");
            batch_points_ = 0;
            return take_data(frame.frame, 1, 0, false);
        case Kind::end:
            if (!std::exchange(in_batch_, false)) throw wire::ProtocolError("a batch ended that had not begun");
            metrics::add(account_.in.batches, 1);
            return take_data(frame.frame, 1, 0, true);
        default:
            return take_request(wire::parse_request(frame.body), frame.frame);
    }
}

void Supervisor::take_request(const wire::pb::Request& request, std::string_view frame) {
    using wire::pb::Request;
    switch (request.message_case()) {
        case Request::kInfo:
            info_frame_ = frame;
            ++owed_infos_;
            return;
        case Request::kInit:
            if (!init_frame_.empty()) throw wire::ProtocolError("Init came twice");
            init_frame_ = frame;
            task_ = request.init().taskid();
            node_ = request.init().nodeid();
            account_.serves(task_, node_);
            owes_init_ = true;
            if (settings_.saw_init) settings_.saw_init(request.init());
            return;
        case Request::kRestore:
            if (init_frame_.empty() || journal_.end() != 0) throw wire::ProtocolError("Restore came at the wrong time");
            snapshot_ = shown_snapshot_ = request.restore().snapshot();
            owes_restore_ = true;
            working_ = false;
            if (life_) life_->restored = false;
            return;
        case Request::kSnapshot:
            if (owed_snapshots_++ == 0) snapshot_owed_at_ = Clock::now();
            ++asked_snapshots_;
            snapshot_owed_from_ = journal_.units_end();
            return ask_for_owed_snapshot();
        case Request::kKeepalive: {
            if (wire::is_mark(request.keepalive().time())) {
                client_supervises_ = true;
                owed_marks_.push_back({journal_.units_end(), asked_snapshots_, request.keepalive().time()});
                delivery_.request_mark(journal_.units_end());
                return answer_marks();
            }
            keepalives_.heard(request.keepalive().time());
            wire::pb::Response response;
            response.mutable_keepalive()->set_time(request.keepalive().time());
            return reply(response);
        }
        case Request::MESSAGE_NOT_SET:
            throw wire::ProtocolError("a request holds no message that this version knows");
        default:
            break;
    }
    // Data in an unusual form (several members, unknown ones): bring it into the ordinary one.
    Request known = request;
    known.DiscardUnknownFields();
    std::string usual;
    wire::append_frame(usual, known);
    take_client_frame(wire::split_frame(usual, wire::kMostFrameLimit));
}

void Supervisor::reply(const wire::pb::Response& response) { wire::append_response(out_, response); }

// Much goes straight from where it lies, as far as that is possible at once.
void Supervisor::send(std::string_view frames) {
    if (out_.empty() && frames.size() >= kWorthAWrite) frames.remove_prefix(write_some(frames));
    out_.append(frames);
}

void Supervisor::write_client() {
    while (!out_.empty()) {
        const size_t written = write_some(out_.view());
        if (written == 0) break;
        out_.consume(written);
    }
    if (client_gone_) out_.consume(out_.size());
}

size_t Supervisor::write_some(std::string_view bytes) {
    if (client_gone_) return 0;
    const wire::Channel::Moved moved = client_.write(bytes.data(), bytes.size());
    if (moved.status == wire::Channel::Status::closed) {
        client_gone_ = true;
        input_ended();
    }
    if (moved.status != wire::Channel::Status::ok) return 0;
    metrics::add(account_.out.bytes, moved.bytes);
    written_at_ = Clock::now();
    if (ended_at_) progress_at_ = written_at_;
    return moved.bytes;
}

bool Supervisor::busy() const {
    return (!init_frame_.empty() && !working_) || owed_infos_ != 0 || delivery_.owed() ||
           delivery_.acknowledged() < journal_.units_end();
}

// To Kapacitor it means that we are alive, and nothing else.
void Supervisor::heartbeat_if_due() {
    if (!out_.empty() || !busy() || ended_at_ || Clock::now() - written_at_ < keepalives_.heartbeat_after()) return;
    wire::pb::Response response;
    response.mutable_keepalive();
    reply(response);
}

}  // namespace supervisor
