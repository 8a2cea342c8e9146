// SPDX-License-Identifier: MIT
#include "check/checks.h"

#include <algorithm>
#include <array>

namespace check {
namespace {

constexpr Check of_file(const char* name, const char* promise, const char* why, const char* advice,
                        void (*run)(const FileSubject&)) {
    return {name, Stage::file, For::all, promise, why, advice, run, nullptr};
}

constexpr Check of_algorithm(const char* name, const char* promise, const char* why, const char* advice,
                             void (*run)(const Subject&), Stage stage = Stage::rest, For algorithms = For::all) {
    return {name, stage, algorithms, promise, why, advice, nullptr, run};
}

constexpr std::array kChecks{
    of_file("loads", "loads, and its table is one that the host takes",
            "A plugin that does not load keeps kapacitord from starting, or fails every task that uses it.",
            "Do what the message says; undefined symbols show at link time with -Wl,-z,defs.", nullptr),
    of_file("exports", "exports nothing but udf_plugin_v1",
            "Plugins of one process, and the libraries that they use, may take each other's symbols: the wrong code "
            "runs, in one deployment and not in another.",
            "Link with the flags of udf_add_plugin or `pkg-config --libs udf-plugin`, which hide the rest.", exports),
    of_file("systems", "runs on all systems that udf-host runs on",
            "glibc and libstdc++ are only compatible forwards: on an older system the plugin does not load.",
            "Build on the oldest system that you support, or link with -static-libstdc++ -static-libgcc.", systems),
    of_file("libraries", "needs no library that may be missing",
            "Where the library is not installed, or has another version, the plugin does not load.",
            "Link it statically, or name it where you tell how to install the plugin.", libraries),
    of_file("hardening", "is loaded as an ordinary library is",
            "Newer systems refuse a plugin that wants an executable stack or writable code; a search path of its own "
            "lets whoever may write there choose what runs.",
            "Find what asks for it: assembly without .note.GNU-stack, objects without -fPIC, -Wl,-rpath.", hardening),

    of_algorithm(
        "descriptor", "says what it is",
        "`udf-host info` shows it to whoever chooses an algorithm, or has to find out which version failed last night.",
        "Set `version`, `help` and the help of each option.", descriptor, Stage::create),
    of_algorithm("create", "makes a handler from its options", "Nothing else can be tried without one.",
                 "Make it work with the options that it marks as required and no others: mark those that it needs.",
                 create, Stage::create),
    of_algorithm("lifecycle", "takes the calls of its life in every order that the host makes",
                 "A task may end before its first point, and by a failure without `stop`.",
                 "Free everything in destroy; let stop and destroy work on a handler that has seen nothing.", lifecycle,
                 Stage::lifecycle),

    of_algorithm("options", "works with each set of options that it declares",
                 "A TICKscript may use any of them. To refuse options is good, but needs a message: the user sees "
                 "nothing else.",
                 "Give a default to what may be absent; throw, or call host->fail, with the option's name.",
                 option_sets),
    of_algorithm("option-limits", "takes or refuses values at the ends of their types",
                 "Somebody writes .size(0) or .size(-1): with a message he mends it, without one he is on the phone.",
                 "Check ranges in create, and say which value is wrong.", option_limits),
    of_algorithm("stream-closed", "stops when it is told that the stream has ended",
                 "A handler that goes on after UDF_CLOSED holds up the end of its task, and kapacitord with it.",
                 "Return UDF_CLOSED when emit does; in C++ let udf::Closed pass.", stream_closed),
    of_algorithm("many-handlers", "makes a thousand handlers, and hundreds at once",
                 "Tasks are enabled and disabled all day in one process, with a handler for each.",
                 "Keep nothing global that a handler takes and does not give back.", many_handlers),
    of_algorithm("unusual-points", "copes with all points that Kapacitor may send",
                 "One odd point of one machine ends the task for all of them; a crash ends the process.",
                 "Pass by what cannot be used, count it and log it once.", unusual_points),
    of_algorithm("unusual-batches", "copes with all batches that Kapacitor may send",
                 "A query that finds nothing gives an empty batch; one over a year, a very large one.",
                 "Expect a batch to have no points, or one, or points without the field.", unusual_batches, Stage::rest,
                 For::batches),
    of_algorithm(
        "repeatable", "gives the same output for the same input",
        "After a crash udf-host gives a handler again what it had been given, and drops what had left already: "
        "another output would be lost or doubled.",
        "Take the time from the points and not from the clock; seed random numbers with a constant.", repeatable),
    of_algorithm("run-lengths", "gives the same output however many points come at once",
                 "How many points a call gets depends on timing only.",
                 "Treat the points of a run one after another; keep what belongs together in the handler.", run_lengths,
                 Stage::rest, For::points_in_runs),
    of_algorithm("snapshot", "is not disturbed by snapshots",
                 "Kapacitor takes one every minute: the output must not depend on when.",
                 "Write the state in `snapshot` without changing it.", snapshot, Stage::rest, For::snapshots),
    of_algorithm("restore", "goes on from a snapshot as if nothing had happened",
                 "Whatever is not in the snapshot is lost when Kapacitor, or the worker, is started again.",
                 "Write all that later output depends on, for each group, to the last bit.", restore, Stage::rest,
                 For::snapshots),
    of_algorithm("bad-states", "refuses, or copes with, states that are damaged or of another version",
                 "A snapshot may have been written by another version, or be cut short by a full disk: a crash at "
                 "restore comes again at each start.",
                 "Check sizes before reading; raise state_version when the format changes; throw with a message.",
                 bad_states, Stage::rest, For::snapshots),
    of_algorithm("state-kept", "has no state, or keeps it in snapshots",
                 "When Kapacitor is restarted, or the worker after a crash, the handler forgets all that came before.",
                 "Write snapshot and restore; where starting anew is fine, say so in the help.", state_kept,
                 Stage::rest, For::no_snapshots),
    of_algorithm("handlers-apart", "keeps handlers apart that are fed in turn",
                 "Each use of the algorithm in a task has a handler of its own: what they share mixes the tasks' data.",
                 "Keep state in the handler, not in globals or statics.", handlers_apart),
    of_algorithm("threads", "keeps handlers apart that run on threads at once",
                 "A server runs the handlers of its connections side by side.",
                 "Lock what handlers share; better, share nothing.", threads),
    of_algorithm("output-guard", "emits what Kapacitor can take",
                 "The output guard has to mend it, point by point; with --guard strict the task fails.",
                 "Run it with `--guard strict`; packaging/guard.md explains each rule.", output_guard),
    of_algorithm("host-memory", "only reads what it is handed, and only during the call",
                 "The host uses the memory again for the next points: a pointer that is kept reads other data, what is "
                 "written there changes what others get.",
                 "Copy what you keep: strings of options and points too.", host_memory),
    of_algorithm(
        "leaks", "gives back all memory of a handler", "A server lives for months, with handlers that come and go.",
        "Free in destroy what create and the data have allocated; a build with -fsanitize=address says where.", leaks),
    of_algorithm("leftovers", "leaves no thread, descriptor or child behind",
                 "They add up until none can be made any more; a thread that outlives its handler uses freed memory.",
                 "Join threads in stop or destroy; close what you open; wait for children.", leftovers),
    of_algorithm("process-state", "leaves the process as it is",
                 "Directory, locale, signals and environment are the host's, and those of all handlers beside.",
                 "Pass paths and locales explicitly; leave signals alone; link without -ffast-math.", process_state),
    of_algorithm("log-lines", "does not log with every point",
                 "At ten thousand points a second the log is full in an hour, and what matters is not found.",
                 "Count, and log the first one.", log_lines),
    of_algorithm("speed", "takes less than a millisecond a point",
                 "A slow algorithm holds up its task, and when its input is full, the whole of Kapacitor.",
                 "Profile it: `perf record udf-host run --plugin ...`.", speed, Stage::alone),
};

}  // namespace

std::span<const Check> checks() noexcept { return kChecks; }

const Check* find_check(std::string_view name) noexcept {
    const auto found = std::ranges::find_if(kChecks, [&](const Check& check) { return check.name == name; });
    return found != kChecks.end() ? &*found : nullptr;
}

bool is_for(const Check& check, const udf_algorithm& algorithm) noexcept {
    switch (check.algorithms) {
        case For::batches:
            return algorithm.wants == UDF_BATCH;
        case For::snapshots:
            return algorithm.snapshot != nullptr;
        case For::no_snapshots:
            return algorithm.snapshot == nullptr;
        case For::points_in_runs:
            return algorithm.wants == UDF_STREAM || algorithm.batch == nullptr;
        default:
            return true;
    }
}

}  // namespace check
