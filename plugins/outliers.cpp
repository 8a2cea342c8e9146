// SPDX-License-Identifier: MIT
//
// outliers - the points of a batch that lie far from the middle half of its values.
//
// Tukey's fences: with the first and third quartiles Q1 and Q3, and IQR = Q3 - Q1, a value is an
// outlier below Q1 - scale * IQR or above Q3 + scale * IQR (J. W. Tukey, Exploratory Data Analysis,
// 1977). Shows a batch algorithm, and options with defaults and limits.
//
// There is more than one way to take a quartile. With 20 values the two that are offered give
// different fences, and different outliers:
//
//   'kapacitor'  as Kapacitor's own example does, so that a task moved here finds what it found:
//                the median of an even number of values is the mean of the values at n/2 and
//                n/2 + 1 counted from 0, and the lower half has the value at n/2 too.
//   'tukey'      as the textbooks do: the median of an even number is the mean of the two in the
//                middle, and neither half holds the median of an odd number.
//
// A point without a number in the field, or with NaN, counts for nothing and is never an outlier.
// A batch too small to have two halves has no outliers.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <udf_plugin.hpp>

namespace {

using Sorted = std::span<const double>;

// A value below `low` or above `high` is an outlier.
struct Fences {
    double low, high;
};

double kapacitor_median(Sorted d) {
    const size_t n = d.size(), m = n / 2;
    return n % 2 == 1 ? d[m] : std::midpoint(d[m], d[std::min(m + 1, n - 1)]);
}

double tukey_median(Sorted d) {
    const size_t n = d.size(), m = n / 2;
    return n % 2 == 1 ? d[m] : std::midpoint(d[m - 1], d[m]);
}

}  // namespace

class Outliers {
public:
    static constexpr udf::Option options[] = {
        {"field", {UDF_STRING}, "the field to judge by, a double or an integer", udf::required},
        {"scale", {UDF_DOUBLE}, "how many IQRs beyond the quartiles is far, at least 1 (default 1.5)"},
        {"quartiles", {UDF_STRING}, "how quartiles are taken: 'kapacitor' (default) or 'tukey'"},
    };
    static constexpr udf::Info info{.name = "outliers",
                                    .wants = UDF_BATCH,
                                    .provides = UDF_BATCH,
                                    .options = options,
                                    .help = "The points of a batch whose value is far from the others"};

    Outliers(udf::Host host, const udf::Args& args)
        : host_(host), field_(args.get<std::string>("field")), scale_(args.get_or("scale", 1.5)) {
        if (!(scale_ >= 1))
            throw std::invalid_argument("option 'scale' must be at least 1.0, not " + std::to_string(scale_));
        const auto quartiles = args.get_or<std::string>("quartiles", "kapacitor");
        if (quartiles != "kapacitor" && quartiles != "tukey")
            throw std::invalid_argument("option 'quartiles' must be 'kapacitor' or 'tukey', not '" + quartiles + "'");
        as_textbooks_ = quartiles == "tukey";
    }

    void batch(const udf::Batch& b) {
        constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
        values_.clear();
        for (const udf::Point& p : b.all_points()) values_.push_back(p.field<double>(field_).value_or(kNone));

        sorted_.clear();
        std::ranges::copy_if(values_, std::back_inserter(sorted_), [](double v) { return !std::isnan(v); });
        std::ranges::sort(sorted_);

        out_.clear();
        if (const auto fences = find_fences()) {
            for (size_t i = 0; i < values_.size(); ++i)
                if (values_[i] < fences->low || values_[i] > fences->high)  // never true of NaN
                    out_.push_back(b.all_points()[i]);
            std::ranges::stable_sort(out_, {}, &udf::Point::time);
        }
        host_.emit(b.with(out_));  // also where there are none: an empty batch says so downstream
    }

private:
    // Nothing where one half of the values would be empty.
    std::optional<Fences> find_fences() const {
        const Sorted d = sorted_;
        const size_t n = d.size(), m = n / 2;
        const bool odd = n % 2 == 1;
        const size_t lower_end = odd || as_textbooks_ ? m : m + 1;
        const size_t upper_begin = odd || !as_textbooks_ ? m + 1 : m;
        if (lower_end == 0 || upper_begin >= n) return std::nullopt;
        const Sorted lower = d.first(lower_end), upper = d.subspan(upper_begin);

        const auto median = as_textbooks_ ? tukey_median : kapacitor_median;
        const double q1 = median(lower), q3 = median(upper);
        const double reach = scale_ * (q3 - q1);
        return Fences{q1 - reach, q3 + reach};
    }

    udf::Host host_;
    std::string field_;
    double scale_;
    bool as_textbooks_;

    // Kept from batch to batch for their memory.
    std::vector<double> values_, sorted_;
    std::vector<udf::Point> out_;
};

UDF_PLUGIN(Outliers)
