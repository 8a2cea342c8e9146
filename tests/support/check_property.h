// SPDX-License-Identifier: MIT
//
// A rapidcheck property as a doctest assertion: the counterexample is in the failure.
#pragma once

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <sstream>

namespace support {

template <class Property>
void check_property(Property&& property) {
    const auto result = rc::detail::checkTestable(std::forward<Property>(property));
    std::ostringstream why;
    rc::detail::printResultMessage(result, why);
    INFO(why.str());
    CHECK(result.template is<rc::detail::SuccessResult>());
}

}  // namespace support
