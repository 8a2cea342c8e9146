// SPDX-License-Identifier: MIT
#include "guard/names.h"

#include <algorithm>
#include <bit>
#include <string>

#include "text/utf8.h"

namespace guard {
namespace {

constexpr std::string_view kLineBreaks = "\n\r";

bool has_break(std::string_view text) noexcept { return text.find_first_of(kLineBreaks) != text.npos; }

}  // namespace

bool odd_text_is_good(std::string_view text, Breaks breaks) noexcept {
    return text::find_bad_utf8(text) == text.npos && (breaks == Breaks::allowed || !has_break(text));
}

bool mend_odd_text(udf_str& text, Breaks breaks, const Where& where, Ledger& ledger, Memory& memory) {
    bool mended = false;
    if (text::find_bad_utf8(view(text)) != std::string_view::npos &&
        ledger.found({Rule::utf8, "what is not UTF-8 in", "replaced what is not UTF-8 in", where.subject, where.group,
                      where.part})) {
        text = memory.keep(text::replace_bad_utf8(view(text)));
        mended = true;
    }
    if (breaks == Breaks::replaced && has_break(view(text)) &&
        ledger.found(
            {Rule::newline, "a line break in", "replaced a line break in", where.subject, where.group, where.part})) {
        std::string flat(view(text));
        std::replace_if(
            flat.begin(), flat.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
        text = memory.keep(flat);
        mended = true;
    }
    return mended;
}

void NameSet::clear(size_t count) {
    const size_t size = std::bit_ceil(2 * count + 2);
    shift_ = 64 - std::countr_zero(size);
    slots_.assign(size, {});
}

bool NameSet::add(std::string_view name) noexcept {
    static constexpr char kEmpty[] = "";
    if (name.data() == nullptr) name = {kEmpty, 0};
    for (size_t at = name_hash(name, 0) >> shift_;; at = (at + 1) & (slots_.size() - 1)) {
        std::string_view& slot = slots_[at];
        if (slot.data() == nullptr) {
            slot = name;
            return true;
        }
        if (equal(slot, name)) return false;
    }
}

}  // namespace guard
