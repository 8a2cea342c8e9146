// SPDX-License-Identifier: MIT
//
// That a rule of the output guard has mended something for the first time: what the log is told once.
#pragma once

#include <string>

#include "guard/rules.h"
#include "log/event.h"

namespace guard {

struct News {
    const RuleInfo& rule;
    std::string did;    // "dropped the field 'x'"
    std::string group;  // of the point; empty = none
};

// Tells the log. [any]
void tell(const logging::Where& where, const News& news);

}  // namespace guard
