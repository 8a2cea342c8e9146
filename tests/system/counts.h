// SPDX-License-Identifier: MIT
//
// What counts the points of each group, seen from behind: the field `count` goes up by one from point to
// point of a group, so that one that is lost, doubled or out of order shows, and so does a state forgotten.
// Seen by one thread; asked when that has ended.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <udf_plugin.hpp>

class Counts {
public:
    void see(const udf::Point& p) {
        int64_t& last = groups_[std::string(udf::view(p.group))];
        const int64_t count = p.field<int64_t>("count").value_or(-1);
        if (count != last + 1 && wrong_.empty())
            wrong_ = "group '" + std::string(udf::view(p.group)) + "': " + std::to_string(count) + " after " +
                     std::to_string(last);
        last = count;
        ++total_;
    }
    const std::string& wrong() const noexcept { return wrong_; }
    size_t total() const noexcept { return total_; }

private:
    std::map<std::string, int64_t> groups_;
    std::string wrong_;
    size_t total_ = 0;
};
