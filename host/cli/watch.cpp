// SPDX-License-Identifier: MIT
#include "cli/watch.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <exception>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include "cli/run_inputs.h"
#include "client/interrupt.h"
#include "log/log.h"
#include "plugin/file_change.h"
#include "plugin/path.h"
#include "process/spawn.h"

namespace cli {
namespace {

constexpr int kLookMs = 200;  // a file that is the same at two looks is whole

std::string clock_now() {
    const std::time_t now = std::time(nullptr);
    std::tm local{};
    ::localtime_r(&now, &local);
    return fmt::format("{:%H:%M:%S}", local);
}

// One run in a process of its own, and in a process group of its own: a Ctrl-C on the terminal is ours to pass on.
class Run {
public:
    Run(const RunOptions& options, const std::function<int(RunOptions)>& run) {
        // Until it has the handlers of a run, a signal ends the child; ours would only make a note of it.
        sigset_t ours, before;
        sigemptyset(&ours);
        sigaddset(&ours, SIGINT);
        sigaddset(&ours, SIGTERM);
        ::sigprocmask(SIG_BLOCK, &ours, &before);
        std::fflush(nullptr);
        const pid_t parent = ::getpid();
        pid_ = ::fork();
        const int error = errno;
        if (pid_ == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGTERM);
            if (::getppid() != parent) ::_exit(1);
            ::setpgid(0, 0);
            std::signal(SIGINT, SIG_DFL);
            std::signal(SIGTERM, SIG_DFL);
            ::sigprocmask(SIG_SETMASK, &before, nullptr);
            std::exit(status_of(options, run));
        }
        ::sigprocmask(SIG_SETMASK, &before, nullptr);
        if (pid_ < 0) throw std::system_error(error, std::system_category(), "starting a process");
    }
    ~Run() {
        if (ended_) return;
        ::kill(pid_, SIGKILL);
        wait(0);
    }
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;

    bool has_ended() { return ended_ || wait(WNOHANG); }
    void signal(int number) { ::kill(pid_, number); }
    // It has ended: `ended well`, `exited with status 1` or what killed it.
    std::string how() const {
        const std::string failure = process::failure(status_);
        return failure.empty() ? "ended well" : failure;
    }

private:
    static int status_of(const RunOptions& options, const std::function<int(RunOptions)>& run) noexcept try {
        return run(options);
    } catch (const std::exception& e) {
        logging::error(e.what());
        return 1;
    }

    bool wait(int flags) {
        pid_t changed = 0;
        while ((changed = ::waitpid(pid_, &status_, flags)) < 0 && errno == EINTR) continue;
        return ended_ = changed == pid_;
    }

    pid_t pid_;
    bool ended_ = false;
    int status_ = 0;  // as waitpid() gives it
};

class Watch {
public:
    Watch(RunOptions options, const std::function<int(RunOptions)>& run)
        : options_(std::move(options)),
          run_(run),
          name_(std::filesystem::path(options_.plugin).filename()),
          change_(options_.plugin) {}

    int watch() {
        say(fmt::format("{} at {}", name_, clock_now()));
        try {
            for (;;) {
                Run run(options_, run_);
                if (!see_through(run)) return 0;
                say(fmt::format("{} changed at {}", name_, clock_now()));
            }
        } catch (const client::Interrupted& e) {
            return 128 + e.signal;
        }
    }

private:
    void say(const std::string& what) { fmt::print(stderr, "--- {}: run {}\n", what, ++number_); }

    // Until the file has changed; false where nobody is left to read what another run would print.
    bool see_through(Run& run) {
        bool told = false;
        while (!change_.happened()) {
            if (!told && run.has_ended()) {
                told = true;
                fmt::print(stderr, "--- run {} {}; waiting for {} to change, Ctrl-C ends\n", number_, run.how(), name_);
            }
            if (!pause(run)) return false;
        }
        end(run, SIGTERM);
        return true;
    }

    bool pause(Run& run) {
        pollfd reader{options_.output_path.empty() ? STDOUT_FILENO : -1, 0, 0};
        try {
            if (interrupt_.poll(&reader, 1, kLookMs) == 0) return true;
            end(run, SIGTERM);  // it is an error or a hang-up: nothing else was asked for
            return false;
        } catch (const client::Interrupted& e) {
            end(run, e.signal);
            throw;
        }
    }

    // The run ends in order; what a second signal does is for it to decide.
    void end(Run& run, int signal) {
        run.signal(signal);
        while (!run.has_ended()) try {
                interrupt_.poll(nullptr, 0, 10);
            } catch (const client::Interrupted& again) {
                run.signal(again.signal);
            }
    }

    const RunOptions options_;
    const std::function<int(RunOptions)>& run_;
    const std::string name_;
    plugin::FileChange change_;
    client::Interrupt interrupt_;
    size_t number_ = 0;
};

}  // namespace

int watch(RunOptions options, const std::function<int(RunOptions)>& run) {
    options.plugin = plugin::find(options.plugin, plugin::search_path(options.plugins_dir)).string();
    check_inputs(options.files(), {options.output_path, options.plot_path});  // no new plugin mends these
    return Watch(std::move(options), run).watch();
}

}  // namespace cli
