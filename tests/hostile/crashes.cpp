// SPDX-License-Identifier: MIT
//
// Algorithms that pass everything through, but for a point with the field `poison`: of that one they
// die, each in its way.
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <new>
#include <udf_plugin.hpp>

namespace {

bool is_poison(const udf::Point& p) { return p.has_field("poison"); }

template <class Death>
struct Crash {
    static constexpr udf::Info info{.name = Death::name, .wants = UDF_STREAM, .provides = UDF_STREAM};
    Crash(udf::Host h, const udf::Args&) : host(h) {}
    void point(const udf::Point& p) const {
        if (is_poison(p)) Death::die();
        host.emit(p);
    }
    udf::Host host;
};

void write_to_nowhere() noexcept {
    volatile int* volatile nowhere = nullptr;  // the compiler is to see nothing in it, and to leave it alone
    *nowhere = 1;                              // NOLINT(clang-analyzer-core.NullDereference)
}

struct Segv {
    static constexpr const char* name = "crash_segv";
    static void die() noexcept { write_to_nowhere(); }
};

struct Abort {
    static constexpr const char* name = "crash_abort";
    static void die() noexcept { std::abort(); }
};

struct Exit0 {
    static constexpr const char* name = "crash_exit_0";
    static void die() noexcept { std::exit(0); }
};

struct Exit3 {
    static constexpr const char* name = "crash_exit_3";
    static void die() noexcept { std::exit(3); }
};

// Past all that would notice in the process itself.
struct ExitAtOnce0 {
    static constexpr const char* name = "crash_exit_at_once_0";
    static void die() noexcept { ::_exit(0); }
};

struct ExitAtOnce3 {
    static constexpr const char* name = "crash_exit_at_once_3";
    static void die() noexcept { ::_exit(3); }
};

struct StackOverflow {
    static constexpr const char* name = "crash_stack_overflow";
    static void die() noexcept { (void)deeper(0); }
    static size_t deeper(size_t depth) noexcept {  // NOLINT(misc-no-recursion): on purpose
        volatile char frame[4096] = {};
        frame[depth % sizeof frame] = static_cast<char>(depth);
        volatile bool ever = true;
        if (!ever) return 0;
        return deeper(depth + 1) + static_cast<size_t>(frame[0]);
    }
};

// Where memory is refused it dies as well, instead of failing: nothing may be thrown out of here.
struct OutOfMemory {
    static constexpr const char* name = "crash_out_of_memory";
    static void die() noexcept {
        constexpr size_t kPiece = size_t{1} << 20, kMost = size_t{1} << 30;
        // The machine is not to suffer where no limit is at work: then the point comes through.
        for (size_t taken = 0; taken < kMost; taken += kPiece) std::memset(::operator new(kPiece), 1, kPiece);
    }
};

struct BusyLoop {
    static constexpr const char* name = "crash_busy_loop";
    static void die() noexcept {
        for (volatile size_t turns = 0;;) turns = turns + 1;
    }
};

struct BatchSegv {
    static constexpr udf::Info info{.name = "crash_batch_segv", .wants = UDF_BATCH, .provides = UDF_BATCH};
    BatchSegv(udf::Host h, const udf::Args&) : host(h) {}
    void batch(const udf::Batch& b) const {
        for (const udf::Point& p : b.all_points())
            if (is_poison(p)) write_to_nowhere();
        host.emit(b);
    }
    udf::Host host;
};

}  // namespace

UDF_PLUGIN(Crash<Segv>, Crash<Abort>, Crash<Exit0>, Crash<Exit3>, Crash<ExitAtOnce0>, Crash<ExitAtOnce3>,
           Crash<StackOverflow>, Crash<OutOfMemory>, Crash<BusyLoop>, BatchSegv)
