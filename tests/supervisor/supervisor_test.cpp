// SPDX-License-Identifier: MIT
//
// A Supervisor between Kapacitor and a worker, both of which the test plays.
#include "supervisor/supervisor.h"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "plugin/contains.h"
#include "supervisor/frames.h"

using namespace std::chrono_literals;

namespace {

namespace pb = kapacitor::udf;
using supervisor::Settings;
using wire::unique_fd;

constexpr int kDeadline = 20'000;  // ms

std::pair<unique_fd, unique_fd> new_pair() {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    return {unique_fd(ends[0]), unique_fd(ends[1])};
}

// One side of a way in and a way out.
class Peer {
public:
    Peer(unique_fd in, unique_fd out) : in_(std::move(in)), out_(std::move(out)) {}

    // False where nobody takes it all within the time.
    bool send(std::string_view bytes, int milliseconds = kDeadline) {
        while (!bytes.empty()) {
            pollfd ready{out_.get(), POLLOUT, 0};
            if (::poll(&ready, 1, milliseconds) <= 0) return false;
            const ssize_t n = ::send(out_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
            if (n <= 0) return false;
            bytes.remove_prefix(static_cast<size_t>(n));
        }
        return true;
    }
    template <class Message>
    bool send_message(const Message& message) {
        return send(frames::frame_of(message));
    }
    // The next message; an empty one where none comes.
    template <class Message>
    Message next() {
        Message message;
        for (wire::Split frame; (frame = wire::split_frame(received_)).status != wire::Split::whole;) {
            char piece[65536];
            pollfd ready{in_.get(), POLLIN, 0};
            if (::poll(&ready, 1, kDeadline) <= 0) return message;
            const ssize_t n = ::read(in_.get(), piece, sizeof piece);
            if (n <= 0) return message;
            received_.append(piece, static_cast<size_t>(n));
        }
        const wire::Split frame = wire::split_frame(received_);
        CHECK(message.ParseFromArray(frame.body.data(), static_cast<int>(frame.body.size())));
        received_.erase(0, frame.frame.size());
        return message;
    }
    void close_input() { in_.reset(); }
    void close() {
        in_.reset();
        out_.reset();
    }

private:
    unique_fd in_, out_;
    std::string received_;
};

// The supervisor's side of one that the test plays.
class PlayedWorker final : public supervisor::Worker {
public:
    PlayedWorker(unique_fd input, unique_fd output, std::atomic<int>& ends)
        : channel_(std::move(input), std::move(output)), ends_(ends) {}
    std::string name() const override { return "worker 1"; }
    wire::FdChannel* channel() noexcept override { return &channel_; }
    int event_fd() const noexcept override { return -1; }
    bool look() override { return false; }
    End end() override {
        ++ends_;
        return {"ended", true, true};
    }
    void kill() noexcept override {}

private:
    wire::FdChannel channel_;
    std::atomic<int>& ends_;
};

class Scene {
public:
    explicit Scene(Settings settings = {}) {
        std::signal(SIGPIPE, SIG_IGN);
        auto [in, test_out] = new_pair();
        auto [out, test_in] = new_pair();
        kapacitor_.emplace(std::move(test_in), std::move(test_out));
        channel_.emplace(std::move(in), std::move(out));
        settings.function = "played";
        settings.start = [this] { return start(); };
        supervisor_.emplace(*channel_, std::move(settings));
        thread_ = std::thread([this] {
            clean_ = supervisor_->serve();
            done_ = true;
            channel_.reset();
        });
    }
    ~Scene() {
        kapacitor_->close();
        thread_.join();
    }

    Peer& kapacitor() { return *kapacitor_; }
    // What Kapacitor gets next, but for heartbeats.
    pb::Response response() {
        auto next = kapacitor_->next<pb::Response>();
        while (next.has_keepalive() && next.keepalive().time() == 0) next = kapacitor_->next<pb::Response>();
        return next;
    }
    // The next one to be started; null where none is.
    std::unique_ptr<Peer> worker() {
        std::unique_ptr<Peer> next;
        eventually([&] {
            const std::lock_guard lock(mutex_);
            if (workers_.empty()) return false;
            next = std::move(workers_.front());
            workers_.pop_front();
            return true;
        });
        return next;
    }
    // The first worker, with the task begun.
    std::unique_ptr<Peer> begin() {
        auto played = worker();
        pb::Request request;
        request.mutable_init()->set_taskid("cpu_alert");
        kapacitor_->send_message(request);
        answer_init(*played);
        REQUIRE(response().init().success());
        return played;
    }
    static void answer_init(Peer& played) {
        REQUIRE(played.next<pb::Request>().has_init());
        pb::Response response;
        response.mutable_init()->set_success(true);
        played.send_message(response);
    }
    bool ends() {
        return eventually([this] { return done_.load(); });
    }
    bool clean() const { return clean_; }
    int ends_of_workers() const { return ends_of_workers_; }  // that were waited for

    template <class Condition>
    static bool eventually(Condition&& condition) {
        for (int i = 0; i < kDeadline / 2; ++i) {
            if (condition()) return true;
            ::poll(nullptr, 0, 2);
        }
        return false;
    }

private:
    std::unique_ptr<supervisor::Worker> start() {
        auto [in, played_out] = new_pair();
        auto [out, played_in] = new_pair();
        const std::lock_guard lock(mutex_);
        workers_.push_back(std::make_unique<Peer>(std::move(played_in), std::move(played_out)));
        return std::make_unique<PlayedWorker>(std::move(in), std::move(out), ends_of_workers_);
    }

    std::optional<Peer> kapacitor_;
    std::optional<wire::FdChannel> channel_;
    std::optional<supervisor::Supervisor> supervisor_;
    std::mutex mutex_;
    std::deque<std::unique_ptr<Peer>> workers_;
    std::atomic<bool> done_{false}, clean_{false};
    std::atomic<int> ends_of_workers_{0};
    std::thread thread_;
};

std::string points(int count, const std::string& group = "g") {
    std::string all;
    for (int i = 1; i <= count; ++i) all += frames::point(i, group);
    return all;
}

pb::Request info_request() {
    pb::Request request;
    request.mutable_info();
    return request;
}

pb::Response info_response() {
    pb::Response response;
    response.mutable_info()->set_wants(pb::BATCH);
    return response;
}

pb::Request keepalive(int64_t time) {
    pb::Request request;
    request.mutable_keepalive()->set_time(time);
    return request;
}

}  // namespace

TEST_CASE("a batch of more points than --batch-limit fails the task, though it has no end") {
    Settings settings;
    settings.guard.batch_limit = 10;
    settings.frame_limit = 1000;
    Scene scene(settings);
    const auto worker = scene.begin();
    std::string batch = points(10);
    SUBCASE("of ordinary points") { batch += frames::point(11); }
    SUBCASE("of points in an unusual form") {
        std::string point = frames::point(11);
        point[0] = static_cast<char>(point[0] + 2);
        batch += point + "\x78\x01";  // a member that nobody knows
    }
    scene.kapacitor().send(frames::begin() + points(10) + frames::end() + frames::begin() + batch);
    CHECK(scene.response().error().error() == Contains("more than 10 points came (--batch-limit)"));
}

TEST_CASE("where nobody reads the output and no more input can be taken the task ends, after a while") {
    Settings settings;
    settings.journal_limit = 50'000;
    settings.stall = 100ms;
    Scene scene(settings);
    const auto worker = scene.begin();
    // Kapacitor would wait 200 ms for an answer.
    scene.kapacitor().send(frames::frame_of(keepalive(1'000'000'000)) + frames::frame_of(keepalive(1'100'000'000)));
    const std::string many = points(1000);
    while (worker->send(many, 300)) {
    }
    while (scene.kapacitor().send(many, 300)) {
    }
    CHECK(scene.ends());
    CHECK(!scene.clean());
}

TEST_CASE("where nobody reads the output but input can be taken the task goes on") {
    Settings settings;
    settings.stall = 100ms;
    Scene scene(settings);
    const auto worker = scene.begin();
    scene.kapacitor().send(frames::frame_of(keepalive(1'000'000'000)) + frames::frame_of(keepalive(1'100'000'000)));
    const std::string many = points(1000);
    while (worker->send(many, 1000)) {
    }
    int64_t times = 0;
    scene.kapacitor().send_message(keepalive(7));
    for (pb::Response response; (response = scene.response()).has_point() || response.keepalive().time() != 7;) ++times;
    CHECK(times > 1000);
}

TEST_CASE("a worker that has closed its input is replaced, also where none counts as hanging") {
    Settings settings;
    settings.hang = 0ms;
    Scene scene(settings);
    const auto worker = scene.begin();
    worker->close_input();
    scene.kapacitor().send(points(1));
    const auto next = scene.worker();
    REQUIRE(next);
    Scene::answer_init(*next);
    CHECK(next->next<pb::Request>().point().time() == 1);
}

TEST_CASE("a worker that says why it cannot go on is told to end, and waited for: it may have more to say to the log") {
    Scene scene;
    const auto worker = scene.worker();
    scene.kapacitor().send_message(info_request());
    REQUIRE(worker->next<pb::Request>().has_info());
    pb::Response refusal;
    refusal.mutable_error()->set_error("no licence");
    worker->send_message(refusal);
    CHECK(scene.response().error().error() == "no licence");
    CHECK(worker->next<pb::Request>().message_case() == pb::Request::MESSAGE_NOT_SET);  // the end of its input
    CHECK(Scene::eventually([&] { return scene.ends_of_workers() == 1; }));
}

TEST_CASE("each question for the information is answered once") {
    Scene scene;
    const auto worker = scene.worker();
    scene.kapacitor().send_message(info_request());
    REQUIRE(worker->next<pb::Request>().has_info());
    scene.kapacitor().send(frames::frame_of(info_request()) + frames::frame_of(keepalive(7)));
    CHECK(scene.response().keepalive().time() == 7);
    worker->send_message(info_response());
    for (int i = 0; i < 2; ++i) CHECK(scene.response().info().wants() == pb::BATCH);
    scene.kapacitor().send_message(keepalive(8));
    CHECK(scene.response().keepalive().time() == 8);
}

TEST_CASE("a question for the information is put between two units of data") {
    Scene scene;
    const auto worker = scene.begin();
    const auto check_asked = [&] {
        auto request = worker->next<pb::Request>();
        while (request.has_keepalive()) request = worker->next<pb::Request>();
        CHECK(request.has_info());
        worker->send_message(info_response());
        CHECK(scene.response().info().wants() == pb::BATCH);
    };
    SUBCASE("not in a point that has gone in part") {
        const std::string group(1 << 20, 'g');
        scene.kapacitor().send(frames::point(1, group));
        scene.kapacitor().send_message(keepalive(7));
        CHECK(scene.response().keepalive().time() == 7);
        scene.kapacitor().send_message(info_request());
        scene.kapacitor().send_message(keepalive(8));
        CHECK(scene.response().keepalive().time() == 8);
        CHECK((worker->next<pb::Request>().point().group() == group));
        check_asked();
    }
    SUBCASE("not in a batch that has come in part") {
        scene.kapacitor().send(frames::begin() + points(3));
        CHECK(worker->next<pb::Request>().has_begin());
        scene.kapacitor().send_message(info_request());
        scene.kapacitor().send(points(3) + frames::end());
        for (int i = 0; i < 6; ++i) CHECK(worker->next<pb::Request>().has_point());
        CHECK(worker->next<pb::Request>().has_end());
        check_asked();
    }
}

TEST_CASE("who wants to see Init sees Kapacitor's, once, before any worker gets it") {
    std::atomic<int> seen{0};
    std::string task;
    Settings settings;
    settings.saw_init = [&](const pb::InitRequest& request) {
        task = request.taskid();
        ++seen;
    };
    Scene scene(settings);
    auto worker = scene.worker();
    REQUIRE(worker);
    pb::Request request;
    request.mutable_init()->set_taskid("cpu_alert");
    scene.kapacitor().send_message(request);
    REQUIRE(worker->next<pb::Request>().has_init());
    CHECK(seen == 1);
    CHECK(task == "cpu_alert");
    worker->close();  // it dies; the next one gets it again
    const auto next = scene.worker();
    REQUIRE(next);
    Scene::answer_init(*next);
    CHECK(scene.response().init().success());
    CHECK(seen == 1);
}
