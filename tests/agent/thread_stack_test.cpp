// SPDX-License-Identifier: MIT
#include "agent/thread_stack.h"

#include <doctest/doctest.h>

#include <atomic>
#include <csignal>
#include <thread>

namespace {

// A thread that is in here until it is let go.
class Waiting {
public:
    explicit Waiting(bool deaf)
        : thread_([this, deaf] {
              if (deaf) {
                  sigset_t all;
                  ::sigfillset(&all);
                  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
              }
              arrived_ = true;
              arrived_.notify_all();
              let_go_.wait(false);
          }) {
        arrived_.wait(false);
    }
    ~Waiting() {
        let_go_ = true;
        let_go_.notify_all();
        thread_.join();
    }
    pthread_t handle() { return thread_.native_handle(); }

private:
    std::atomic<bool> arrived_ = false, let_go_ = false;
    std::thread thread_;
};

}  // namespace

#ifndef __SANITIZE_THREAD__  // which keeps signals back
TEST_CASE("the stack of another thread names the files it is in") {
    Waiting waiting(false);
    for (int again = 0; again < 2; ++again) {
        std::string text;
        for (const std::string& frame : agent::stack_of(waiting.handle())) text += frame + "\n";
        CAPTURE(text);
        CHECK(text.find("udf-host+0x") != std::string::npos);
        CHECK(text.find("libc") != std::string::npos);
    }
}
#endif

TEST_CASE("a thread that blocks all signals has no stack to show") {
    Waiting waiting(true);
    CHECK(agent::stack_of(waiting.handle()).empty());
}
