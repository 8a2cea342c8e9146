// SPDX-License-Identifier: MIT
#include "plugin/elf_facts.h"

#include <elf.h>
#include <link.h>

#include <algorithm>
#include <cstring>
#include <span>

namespace plugin {
namespace {

using Header = ElfW(Ehdr);
using Segment = ElfW(Phdr);
using Section = ElfW(Shdr);
using Dynamic = ElfW(Dyn);
using Symbol = ElfW(Sym);
using Need = ElfW(Verneed);
using NeededVersion = ElfW(Vernaux);

class Reader {
public:
    explicit Reader(std::string_view bytes) : bytes_(bytes) {
        if (!get(0, header_) || !bytes.starts_with(std::string_view(ELFMAG, SELFMAG))) return;
        for (size_t i = 0; i < header_.e_shnum; ++i) {
            Section section{};
            if (!get(header_.e_shoff + i * sizeof section, section)) return;
            sections_.push_back(section);
        }
        for (size_t i = 0; i < header_.e_phnum; ++i) {
            Segment segment{};
            if (get(header_.e_phoff + i * sizeof segment, segment)) segments_.push_back(segment);
        }
    }

    template <class T>
    bool get(uint64_t at, T& to) const {
        if (at > bytes_.size() || bytes_.size() - at < sizeof to) return false;
        std::memcpy(&to, bytes_.data() + at, sizeof to);
        return true;
    }

    std::string text(const Section& from, uint64_t offset) const {
        if (from.sh_link >= sections_.size()) return {};
        const Section& strings = sections_[from.sh_link];
        if (offset >= strings.sh_size || strings.sh_offset > bytes_.size() ||
            offset > bytes_.size() - strings.sh_offset)
            return {};
        const std::string_view rest = bytes_.substr(strings.sh_offset + offset, strings.sh_size - offset);
        return std::string(rest.substr(0, rest.find('\0')));
    }

    // Calls `use` with each entry of a table.
    template <class T, class Use>
    void entries(const Section& table, Use&& use) const {
        T entry{};
        for (uint64_t i = 0; (i + 1) * sizeof entry <= table.sh_size; ++i)
            if (!get(table.sh_offset + i * sizeof entry, entry) || !use(entry)) return;
    }

    std::span<const Section> sections() const { return sections_; }
    std::span<const Segment> segments() const { return segments_; }

private:
    std::string_view bytes_;
    Header header_{};
    std::vector<Section> sections_;
    std::vector<Segment> segments_;
};

void read_symbols(const Reader& file, const Section& table, ElfFacts& facts) {
    file.entries<Symbol>(table, [&](const Symbol& symbol) {
        const auto binding = ELF64_ST_BIND(symbol.st_info);
        const auto visibility = ELF64_ST_VISIBILITY(symbol.st_other);
        const bool is_seen = binding != STB_LOCAL && (visibility == STV_DEFAULT || visibility == STV_PROTECTED);
        if (symbol.st_shndx == SHN_UNDEF || symbol.st_shndx == SHN_ABS || !is_seen) return true;
        facts.exports.push_back(file.text(table, symbol.st_name));
        if (binding == STB_GNU_UNIQUE) facts.unique.push_back(facts.exports.back());
        return true;
    });
}

void read_dynamic(const Reader& file, const Section& table, ElfFacts& facts) {
    file.entries<Dynamic>(table, [&](const Dynamic& entry) {
        switch (entry.d_tag) {
            case DT_NULL:
                return false;
            case DT_NEEDED:
                facts.needed.push_back(file.text(table, entry.d_un.d_val));
                break;
            case DT_RPATH:
            case DT_RUNPATH:
                facts.run_path = file.text(table, entry.d_un.d_val);
                break;
            case DT_TEXTREL:
                facts.text_relocations = true;
                break;
            case DT_FLAGS:
                facts.text_relocations |= (entry.d_un.d_val & DF_TEXTREL) != 0;
                break;
            default:
                break;
        }
        return true;
    });
}

// A list of libraries, of each a list of versions; each entry says how far the next one is.
void read_versions(const Reader& file, const Section& table, ElfFacts& facts) {
    uint64_t at = table.sh_offset;
    Need need{};
    for (size_t left = table.sh_size / sizeof need; left > 0 && file.get(at, need); --left, at += need.vn_next) {
        uint64_t version_at = at + need.vn_aux;
        NeededVersion version{};
        for (unsigned i = 0; i < need.vn_cnt && file.get(version_at, version); ++i, version_at += version.vna_next)
            facts.versions.push_back(file.text(table, version.vna_name));
        if (need.vn_next == 0) break;
    }
}

}  // namespace

ElfFacts elf_facts(std::string_view bytes) {
    const Reader file(bytes);
    ElfFacts facts;
    for (const Section& section : file.sections()) {
        if (section.sh_type == SHT_DYNSYM) read_symbols(file, section, facts);
        if (section.sh_type == SHT_DYNAMIC) read_dynamic(file, section, facts);
        if (section.sh_type == SHT_GNU_verneed) read_versions(file, section, facts);
    }
    for (const Segment& segment : file.segments())
        if (segment.p_type == PT_GNU_STACK) facts.executable_stack = (segment.p_flags & PF_X) != 0;
    facts.is_elf = !file.sections().empty();
    facts.is_go = bytes.find("\xff Go buildinf:") != bytes.npos;
    std::ranges::sort(facts.exports);
    return facts;
}

}  // namespace plugin
