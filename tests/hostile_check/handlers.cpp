// SPDX-License-Identifier: MIT
//
// Algorithms that each break one promise about handlers and the process, and are good in all else.
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <clocale>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <udf_plugin.hpp>

namespace {

struct Mirror {
    Mirror(udf::Host h, const udf::Args&) : host(h) {}
    void points(std::span<const udf::Point> run) { host.emit(run); }
    udf::Host host;
};

constexpr udf::Info stream(const char* name, std::span<const udf::Option> options = {}) {
    return {.name = name, .wants = UDF_STREAM, .provides = UDF_STREAM, .options = options, .help = "breaks a promise"};
}

struct NoHelp : Mirror {
    static constexpr udf::Info info{.name = "no_help", .version = "", .wants = UDF_STREAM, .provides = UDF_STREAM};
    using Mirror::Mirror;
};

struct CrashesInCreate : Mirror {
    static constexpr udf::Info info = stream("crashes_in_create");
    CrashesInCreate(udf::Host h, const udf::Args& args) : Mirror(h, args) { std::abort(); }
};

// What it wants nobody could guess.
struct Picky : Mirror {
    static constexpr udf::Option options[] = {{"word", {UDF_STRING}, "the word", udf::required}};
    static constexpr udf::Info info = stream("picky", options);
    Picky(udf::Host h, const udf::Args& args) : Mirror(h, args) {
        if (args.get<std::string>("word") != "sesame") throw std::invalid_argument("say the word");
    }
};

struct SecretlyRequired : Mirror {
    static constexpr udf::Option options[] = {{"size", {UDF_INT}, "how many"}};
    static constexpr udf::Info info = stream("secretly_required", options);
    SecretlyRequired(udf::Host h, const udf::Args& args) : Mirror(h, args) { args.get<int64_t>("size"); }
};

struct ExitsInStop : Mirror {
    static constexpr udf::Info info = stream("exits_in_stop");
    using Mirror::Mirror;
    void stop() const { std::exit(0); }
};

struct CrashesAtExit : Mirror {
    static constexpr udf::Info info = stream("crashes_at_exit");
    CrashesAtExit(udf::Host h, const udf::Args& args) : Mirror(h, args) { std::atexit(std::abort); }
};

struct TwoAreTooMany : Mirror {
    static constexpr udf::Option options[] = {{"a", {}, "one"}, {"b", {}, "another"}};
    static constexpr udf::Info info = stream("two_are_too_many", options);
    TwoAreTooMany(udf::Host h, const udf::Args& args) : Mirror(h, args) {
        if (args.has("a") && args.has("b")) std::abort();
    }
};

struct TrustsNumbers : Mirror {
    static constexpr udf::Option options[] = {{"size", {UDF_INT}, "how many"}};
    static constexpr udf::Info info = stream("trusts_numbers", options);
    TrustsNumbers(udf::Host h, const udf::Args& args) : Mirror(h, args) {
        if (args.get_or<int64_t>("size", 1) < 0) std::abort();
    }
};

struct FailsWhenClosed : Mirror {
    static constexpr udf::Info info = stream("fails_when_closed");
    using Mirror::Mirror;
    void points(std::span<const udf::Point> run) {
        try {
            host.emit(run);
        } catch (const udf::Closed&) {
            throw std::runtime_error("nobody listens");
        }
    }
};

struct GoesOnWhenClosed : Mirror {
    static constexpr udf::Info info = stream("goes_on_when_closed");
    using Mirror::Mirror;
    void point(const udf::Point& p) {
        try {
            host.emit(p);
        } catch (const udf::Closed&) {
            // and the next one
        }
    }
    void points(std::span<const udf::Point> run) {
        for (const udf::Point& p : run) point(p);
    }
};

struct ManyAreTooMany : Mirror {
    static constexpr udf::Info info = stream("many_are_too_many");
    ManyAreTooMany(udf::Host h, const udf::Args& args) : Mirror(h, args) {
        static std::atomic<int> made;
        if (++made > 600) std::abort();
    }
};

struct KeepsPointers : Mirror {
    static constexpr udf::Info info = stream("keeps_pointers");
    using Mirror::Mirror;
    void points(std::span<const udf::Point> run) {
        if (kept) last = *kept;
        kept = run.front().name.data;
        host.emit(run);
    }
    const char* kept = nullptr;
    volatile char last = 0;
};

struct WritesInput : Mirror {
    static constexpr udf::Info info = stream("writes_input");
    using Mirror::Mirror;
    void points(std::span<const udf::Point> run) {
        auto* const time = const_cast<volatile int64_t*>(&run.front().time);
        *time = run.front().time;
        host.emit(run);
    }
};

struct Leaks : Mirror {
    static constexpr udf::Info info = stream("leaks");
    Leaks(udf::Host h, const udf::Args& args) : Mirror(h, args) {
        volatile char* const lost = new char[100];
        lost[0] = 1;
    }
};

struct LeavesDescriptors : Mirror {
    static constexpr udf::Info info = stream("leaves_descriptors");
    LeavesDescriptors(udf::Host h, const udf::Args& args) : Mirror(h, args) { (void)!::dup(2); }
};

struct ChangesDirectory : Mirror {
    static constexpr udf::Info info = stream("changes_directory");
    using Mirror::Mirror;
    void stop() const { (void)!::chdir("/"); }
};

struct Chatters : Mirror {
    static constexpr udf::Info info = stream("chatters");
    using Mirror::Mirror;
    void points(std::span<const udf::Point> run) {
        for (size_t i = 0; i < run.size(); ++i) host.info("a point");
        host.emit(run);
    }
};

// Runs of a hundred are what the speed is measured with.
struct Slow : Mirror {
    static constexpr udf::Info info = stream("slow");
    using Mirror::Mirror;
    void points(std::span<const udf::Point> run) {
        if (run.size() == 100) std::this_thread::sleep_for(std::chrono::milliseconds(120));
        host.emit(run);
    }
};

// Who was made last is the only one that works, on each thread.
struct LastOneWins : Mirror {
    static constexpr udf::Info info = stream("last_one_wins");
    LastOneWins(udf::Host h, const udf::Args& args) : Mirror(h, args) { last() = this; }
    void points(std::span<const udf::Point> run) {
        if (last() == this) host.emit(run);
    }
    static LastOneWins*& last() {
        static thread_local LastOneWins* handler;
        return handler;
    }
};

struct SharesAcrossThreads : Mirror {
    static constexpr udf::Info info = stream("shares_across_threads");
    using Mirror::Mirror;
    void points(std::span<const udf::Point> run) {
        static std::atomic<SharesAcrossThreads*> busy;
        busy = this;
        std::this_thread::yield();
        if (run.size() == 10) std::this_thread::sleep_for(std::chrono::microseconds(100));
        if (busy == this) host.emit(run);
    }
};

}  // namespace

UDF_PLUGIN(NoHelp, CrashesInCreate, Picky, SecretlyRequired, ExitsInStop, CrashesAtExit, TwoAreTooMany, TrustsNumbers,
           FailsWhenClosed, GoesOnWhenClosed, ManyAreTooMany, KeepsPointers, WritesInput, Leaks, LeavesDescriptors,
           ChangesDirectory, Chatters, Slow, LastOneWins, SharesAcrossThreads)
