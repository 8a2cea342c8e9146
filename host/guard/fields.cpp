// SPDX-License-Identifier: MIT
#include "guard/fields.h"

#include <cmath>

#include "wire/check.h"
#include "wire/difference.h"

namespace guard {
namespace {

bool non_finite(const udf_field& field) noexcept {
    return field.value.type == UDF_DOUBLE && !std::isfinite(field.value.as.f);
}

std::string_view text_of(const udf_field& field) noexcept {
    return field.value.type == UDF_STRING ? std::string_view(field.value.as.s, field.value.size) : std::string_view();
}

}  // namespace

bool Fields::clean(std::span<const udf_field> fields, const Known& known, std::string_view measurement) {
    constexpr size_t kMostPairs = 1024;  // more are left to the way that is linear
    if (fields.empty()) return false;
    size_t pairs = 0;
    for (size_t i = 0; i < fields.size(); ++i) {
        if (i < known.fields.size() && wire::same_bits(fields[i], known.fields[i])) {
            if (known.non_finite && non_finite(fields[i])) return false;
            continue;
        }
        if ((pairs += fields.size()) > kMostPairs) return false;
        if (wire::check_field(fields[i]) != wire::Encoded::ok || !own_field_clean(fields, i, measurement)) return false;
    }
    return true;
}

// Its type is noted once everything else is in order.
bool Fields::own_field_clean(std::span<const udf_field> fields, size_t index, std::string_view measurement) {
    const udf_field& field = fields[index];
    if (field.name.size == 0 || !text_is_good(view(field.name), Breaks::replaced) || non_finite(field) ||
        !text_is_good(text_of(field), Breaks::allowed))
        return false;
    for (const udf_field& other : fields) {
        // Another one that cannot be read is found by its own turn, or by mend().
        if (other.name.size == field.name.size && &other != &field &&
            (other.name.data == nullptr || equal(view(other.name), view(field.name))))
            return false;
    }
    const uint32_t* const type = types_.find_or_add(measurement, view(field.name), field.value.type);
    return type == nullptr || *type == field.value.type;
}

bool Fields::mend(udf_point& point, const Known& known, std::string_view measurement) {
    bool changed = mend_names(point, known);
    if (drop_twins(point.group)) changed = true;
    kept_.clear();
    for (Item& item : work_) {
        const Kept kept = mend_value(item, known.non_finite, measurement, point.group);
        if (kept == Kept::point_dropped) return false;
        if (kept != Kept::as_it_was) changed = true;
        if (kept != Kept::dropped) kept_.push_back(item.field);
    }
    const bool source_had_none = known.fields.empty() && known.fields.data() == point.fields && point.fields;
    if (kept_.empty() && !source_had_none &&
        ledger_.found({Rule::incomplete, "a point without fields", "dropped a point without fields", {}, point.group}))
        return false;
    if (!changed) return true;
    const auto fields = memory_.keep(std::span<const udf_field>(kept_));
    point.fields = fields.data();
    point.field_count = static_cast<uint32_t>(fields.size());
    return true;
}

// Fills work_.
bool Fields::mend_names(const udf_point& point, const Known& known) {
    bool changed = false;
    work_.clear();
    for (size_t i = 0; i < point.field_count; ++i) {
        udf_field field = point.fields[i];
        const bool own = i >= known.fields.size() || !wire::same_bits(field, known.fields[i]);
        if (own) {
            if (mend_text(field.name, Breaks::replaced, {"the name of field", field.name, point.group}, ledger_,
                          memory_))
                changed = true;
            if (field.name.size == 0 &&
                ledger_.found(
                    {Rule::incomplete, "a field without a name", "dropped a field without a name", {}, point.group})) {
                changed = true;
                continue;
            }
        }
        work_.push_back({field, own});
    }
    return changed;
}

// Of fields with one name the last stays.
bool Fields::drop_twins(udf_str group) {
    if (!ledger_.on(Rule::duplicate) || work_.size() < 2) return false;
    names_.clear(work_.size());
    size_t kept = work_.size();
    for (size_t i = work_.size(); i-- > 0;) {
        const udf_str name = work_[i].field.name;
        const bool stays = names_.add(view(name)) || !ledger_.found({Rule::duplicate, "twice the field",
                                                                     "dropped all but the last field", name, group});
        if (stays) work_[--kept] = work_[i];
    }
    work_.erase(work_.begin(), work_.begin() + static_cast<ptrdiff_t>(kept));
    return kept != 0;
}

Fields::Kept Fields::mend_value(Item& item, bool look_closer, std::string_view measurement, udf_str group) {
    udf_field& field = item.field;
    if ((item.own || look_closer) && non_finite(field)) {
        const char* const mended = drops_points_ ? "dropped a point with field" : "dropped field";
        if (ledger_.found({Rule::non_finite, "NaN or an infinity in field", mended, field.name, group}))
            return drops_points_ ? Kept::point_dropped : Kept::dropped;
    }
    if (!item.own) return Kept::as_it_was;
    Kept kept = Kept::as_it_was;
    if (field.value.type == UDF_STRING) {
        udf_str text{field.value.as.s, field.value.size};
        if (mend_text(text, Breaks::allowed, {"the string of field", field.name, group}, ledger_, memory_)) {
            field.value.as.s = text.data;
            field.value.size = static_cast<uint32_t>(text.size);
            kept = Kept::changed;
        }
    }
    const Kept typed = mend_type(field, measurement, group);
    return typed == Kept::as_it_was ? kept : typed;
}

Fields::Kept Fields::mend_type(udf_field& field, std::string_view measurement, udf_str group) {
    if (!ledger_.on(Rule::type_change)) return Kept::as_it_was;
    uint32_t* const type = types_.find_or_add(measurement, view(field.name), field.value.type);
    if (type == nullptr || *type == field.value.type) return Kept::as_it_was;
    constexpr const char* kWrong = "another type than before in field";
    if (*type == UDF_DOUBLE && field.value.type == UDF_INT) {
        ledger_.found({Rule::type_change, kWrong, "turned an integer into a double in field", field.name, group});
        field.value.as.f = static_cast<double>(field.value.as.i);
        field.value.type = UDF_DOUBLE;
        return Kept::changed;
    }
    if (*type == UDF_INT && field.value.type == UDF_DOUBLE) {
        ledger_.found({Rule::type_change, kWrong, "from now on, integers become doubles in field", field.name, group});
        *type = UDF_DOUBLE;
        return Kept::as_it_was;
    }
    ledger_.found({Rule::type_change, kWrong, "dropped, for its type changed, field", field.name, group});
    return Kept::dropped;
}

}  // namespace guard
