// SPDX-License-Identifier: MIT
#include "guard/tags.h"

#include "wire/difference.h"

namespace guard {

const udf_tag* find_tag(std::span<const udf_tag> tags, std::string_view key) noexcept {
    for (const udf_tag& tag : tags)
        if (equal(view(tag.key), key)) return &tag;
    return nullptr;
}

void Tags::mend(const udf_tag*& tags, uint32_t& count, std::span<const udf_tag> trusted, udf_str group) {
    if (tags == trusted.data() && count == trusted.size()) return;
    const bool changed = mend_each({tags, count}, trusted, group);
    if (!drop_twins(group) && !changed) return;
    const auto kept = memory_.keep(std::span<const udf_tag>(work_));
    tags = kept.data();
    count = static_cast<uint32_t>(kept.size());
}

bool Tags::mend_each(std::span<const udf_tag> tags, std::span<const udf_tag> trusted, udf_str group) {
    bool changed = false;
    work_.clear();
    for (size_t i = 0; i < tags.size(); ++i) {
        udf_tag tag = tags[i];
        if (i >= trusted.size() || !wire::same_bits(tag, trusted[i])) {
            if (mend_text(tag.key, Breaks::replaced, {"the tag", tag.key, group}, ledger_, memory_)) changed = true;
            if (mend_text(tag.value, Breaks::replaced, {"the value of tag", tag.key, group}, ledger_, memory_))
                changed = true;
            if (tag.key.size == 0 &&
                ledger_.found({Rule::incomplete, "a tag without a key", "dropped a tag without a key", {}, group})) {
                changed = true;
                continue;
            }
        }
        work_.push_back(tag);
    }
    return changed;
}

// Of tags with one key the last stays.
bool Tags::drop_twins(udf_str group) {
    if (!ledger_.on(Rule::duplicate) || work_.size() < 2) return false;
    keys_.clear(work_.size());
    size_t kept = work_.size();
    for (size_t i = work_.size(); i-- > 0;) {
        const bool first =
            keys_.add(view(work_[i].key)) ||
            !ledger_.found({Rule::duplicate, "twice the tag", "dropped all but the last tag", work_[i].key, group});
        if (first) work_[--kept] = work_[i];
    }
    work_.erase(work_.begin(), work_.begin() + static_cast<ptrdiff_t>(kept));
    return kept != 0;
}

}  // namespace guard
