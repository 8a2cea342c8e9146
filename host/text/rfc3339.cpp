// SPDX-License-Identifier: MIT
#include "text/rfc3339.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <charconv>
#include <ctime>
#include <string_view>

namespace text {

using std::chrono::nanoseconds;
using std::chrono::seconds;
using std::chrono::system_clock;

std::string rfc3339(system_clock::time_point time) {
    const auto whole = std::chrono::floor<seconds>(time);
    const std::time_t seconds_part = whole.time_since_epoch().count();
    std::tm utc{};
    ::gmtime_r(&seconds_part, &utc);
    const nanoseconds above = nanoseconds(time.time_since_epoch()) % seconds(1);  // of the second nearer to 1970
    std::string fraction = fmt::format("{:09}", (above < nanoseconds(0) ? above + seconds(1) : above).count());
    fraction.erase(fraction.find_last_not_of('0') + 1);
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}{}{}Z", utc, fraction.empty() ? "" : ".", fraction);
}

std::optional<system_clock::time_point> parse_rfc3339(const std::string& text) {
    std::tm utc{};
    const char* const rest_begin = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &utc);
    if (rest_begin == nullptr) return std::nullopt;
    std::string_view rest(rest_begin, static_cast<size_t>(text.data() + text.size() - rest_begin));
    if (!rest.ends_with('Z')) return std::nullopt;
    rest.remove_suffix(1);

    int64_t fraction = 0;
    if (!rest.empty()) {
        if (rest.front() != '.' || rest.size() < 2 || rest.size() > 10) return std::nullopt;
        std::string digits(rest.substr(1));
        digits.append(9 - digits.size(), '0');
        if (digits.find_first_not_of("0123456789") != digits.npos) return std::nullopt;
        std::from_chars(digits.data(), digits.data() + digits.size(), fraction);
    }
    constexpr seconds kLast = std::chrono::floor<seconds>(nanoseconds::max());
    const seconds whole(::timegm(&utc));
    if (whole >= kLast || whole < -kLast) return std::nullopt;
    return system_clock::time_point(whole + nanoseconds(fraction));
}

}  // namespace text
