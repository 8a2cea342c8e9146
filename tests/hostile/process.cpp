// SPDX-License-Identifier: MIT
//
// Algorithms that misuse the process they are in: its standard output, its children, its signals. So do
// the constructors of the file.
#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <udf_plugin.hpp>

namespace {

struct Talker {
    Talker() {
        std::puts("a static constructor talks");
        std::fflush(stdout);
    }
} const talker;

struct Mirror {
    explicit Mirror(udf::Host h, const udf::Args& = {nullptr, 0}) : host(h) {}
    udf::Host host;
};

struct Prints : Mirror {
    static constexpr udf::Info info{.name = "prints", .wants = UDF_STREAM, .provides = UDF_STREAM};
    Prints(udf::Host h, const udf::Args& args) : Mirror(h, args) { std::printf("made\n"); }
    void point(const udf::Point& p) const {
        std::printf("a point of %lld\n", static_cast<long long>(p.time));
        std::fflush(stdout);
        (void)!::write(1, "raw\x68\n", 5);
        host.emit(p);
    }
};

// Leaves a child behind that keeps every descriptor it inherits, for ten seconds.
struct Forks : Mirror {
    static constexpr udf::Info info{.name = "forks", .wants = UDF_STREAM, .provides = UDF_STREAM};
    Forks(udf::Host h, const udf::Args& args) : Mirror(h, args) {
        if (::fork() == 0) {
            ::alarm(10);
            for (;;) ::pause();
        }
    }
    void point(const udf::Point& p) const { host.emit(p); }
};

// Fills the standard error faster than anybody reads it, in lines without end.
struct Floods : Mirror {
    static constexpr udf::Info info{.name = "floods", .wants = UDF_STREAM, .provides = UDF_STREAM};
    using Mirror::Mirror;
    void point(const udf::Point& p) const {
        const std::string much(1u << 20, '!');
        std::fputs(much.c_str(), stderr);
        host.emit(p);
    }
};

// Dies with its last words on stderr.
struct Aborts : Mirror {
    static constexpr udf::Info info{.name = "aborts", .wants = UDF_STREAM, .provides = UDF_STREAM};
    using Mirror::Mirror;
    void point(const udf::Point&) const {
        std::fputs("last words\n", stderr);
        std::abort();
    }
};

// The usual way to end one's children: also the parent that shares the group.
struct SignalsItsGroup : Mirror {
    static constexpr udf::Info info{.name = "signals_its_group", .wants = UDF_STREAM, .provides = UDF_STREAM};
    using Mirror::Mirror;
    void point(const udf::Point&) const { ::kill(0, SIGTERM); }
};

// Closes what it did not open, as daemons do.
struct ClosesDescriptors : Mirror {
    static constexpr udf::Info info{.name = "closes_descriptors", .wants = UDF_STREAM, .provides = UDF_STREAM};
    ClosesDescriptors(udf::Host h, const udf::Args& args) : Mirror(h, args) {
        for (int fd = 3; fd < 1024; ++fd) ::close(fd);
    }
    void point(const udf::Point& p) const { host.emit(p); }
};

void wait_for_ever() {
    for (;;) ::pause();
}

// The process does not end by itself.
struct HangsAtExit : Mirror {
    static constexpr udf::Info info{.name = "hangs_at_exit", .wants = UDF_STREAM, .provides = UDF_STREAM};
    HangsAtExit(udf::Host h, const udf::Args& args) : Mirror(h, args) { std::atexit(wait_for_ever); }
    void point(const udf::Point& p) const { host.emit(p); }
};

}  // namespace

UDF_PLUGIN(Prints, Forks, Floods, Aborts, SignalsItsGroup, ClosesDescriptors, HangsAtExit)
