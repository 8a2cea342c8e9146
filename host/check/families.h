// SPDX-License-Identifier: MIT
//
// What the checks do, by family, a file each. checks.cpp says what each promises and why. They run in a child of their
// own: a check may crash, hang or exit with the plugin. HandlerFailed and Violation may leave them: then the check has
// failed.
#pragma once

#include "check/subject.h"

namespace check {

// file.cpp: they need no handler, and get no algorithm.
struct FileSubject {
    const std::filesystem::path& file;
    Notes& notes;
    const plugin::ElfFacts& elf;
};
void exports(const FileSubject& subject);
void systems(const FileSubject& subject);
void libraries(const FileSubject& subject);
void hardening(const FileSubject& subject);

// descriptor.cpp
void descriptor(const Subject& subject);
void create(const Subject& subject);

// options.cpp
void option_sets(const Subject& subject);
void option_limits(const Subject& subject);

// lifecycle.cpp
void lifecycle(const Subject& subject);
void stream_closed(const Subject& subject);
void many_handlers(const Subject& subject);

// points.cpp
void unusual_points(const Subject& subject);
void unusual_batches(const Subject& subject);
void repeatable(const Subject& subject);
void run_lengths(const Subject& subject);

// state.cpp
void snapshot(const Subject& subject);
void restore(const Subject& subject);
void bad_states(const Subject& subject);
void state_kept(const Subject& subject);

// sharing.cpp
void handlers_apart(const Subject& subject);
void threads(const Subject& subject);

// output.cpp
void output_guard(const Subject& subject);

// resources.cpp
void host_memory(const Subject& subject);
void leaks(const Subject& subject);
void leftovers(const Subject& subject);

// process.cpp
void process_state(const Subject& subject);
void log_lines(const Subject& subject);

// speed.cpp
void speed(const Subject& subject);

}  // namespace check
