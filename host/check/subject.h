// SPDX-License-Identifier: MIT
//
// What a check gets: the plugin, one of its algorithms with options that it takes, something to feed it, and somebody
// to tell. Lives in the child that runs the check.
#pragma once

#include <udf_plugin.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "check/handler.h"
#include "check/inputs.h"
#include "check/notes.h"
#include "check/process_state.h"
#include "plugin/elf_facts.h"

namespace check {

struct Subject {
    const std::filesystem::path file;
    Notes& notes;
    const plugin::ElfFacts& elf;
    const ProcessState& before_load;
    const udf_algorithm& algorithm;
    const Uses options;          // that create takes
    const Uses given = options;  // of these, what the user has said
    const Inputs inputs{algorithm, options};

    // All that a handler emits for this input, from create to stop.
    Emitted life(const Input& input, size_t run_length = Handler::kAll) const;

    // Whether the algorithm gives the same for the same input each time: where it does not, what comes out cannot be
    // compared, and the check says that it was skipped.
    bool comparable(const Input& input) const;
};

// "size=10 field='usage'"; "no options" where there are none.
std::string text_of(const Uses& uses);

}  // namespace check
