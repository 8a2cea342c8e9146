// SPDX-License-Identifier: MIT
#include "plugin/elf.h"

#include <elf.h>
#include <fmt/format.h>
#include <link.h>
#include <udf_plugin.h>

#include <cstdint>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <vector>

// The header of the running program, from the linker: what it says of class, byte order and
// machine is what a plugin must say.
extern "C" __attribute__((visibility("hidden"))) const ElfW(Ehdr) __ehdr_start;

namespace plugin {
namespace {

using Header = ElfW(Ehdr);
using Segment = ElfW(Phdr);
using Section = ElfW(Shdr);
using Dynamic = ElfW(Dyn);
using Symbol = ElfW(Sym);

// A reason, on its way to elf_problem.
struct Problem : std::runtime_error {
    using runtime_error::runtime_error;
};

constexpr auto kCutShort = "is cut short or damaged ({} would end at byte {} of {}); copy it again";
constexpr auto kDamaged = "is damaged ({}); build it again";

Problem damaged(std::string_view what) { return Problem(fmt::format(kDamaged, what)); }

std::string machine_name(unsigned machine) {
    switch (machine) {
        case EM_386:
            return "32-bit x86";
        case EM_X86_64:
            return "x86-64";
        case EM_ARM:
            return "32-bit ARM";
        case EM_AARCH64:
            return "64-bit ARM";
        case EM_RISCV:
            return "RISC-V";
        case EM_PPC64:
            return "64-bit PowerPC";
        case EM_S390:
            return "S/390";
        default:
            return fmt::format("machine {}", machine);
    }
}

// Copies out of the bytes, which are aligned for nothing, and never reads past their end.
class Bytes {
public:
    explicit Bytes(std::string_view bytes) : bytes_(bytes) {}

    size_t size() const { return bytes_.size(); }

    bool holds(uint64_t offset, uint64_t size) const {
        return offset <= bytes_.size() && size <= bytes_.size() - offset;
    }

    std::string_view range(uint64_t offset, uint64_t size, std::string_view what) const {
        if (!holds(offset, size)) {
            uint64_t end = 0;
            if (__builtin_add_overflow(offset, size, &end)) throw damaged(fmt::format("{} has no end", what));
            throw Problem(fmt::format(kCutShort, what, end, bytes_.size()));
        }
        return bytes_.substr(offset, size);
    }

    template <class T>
    T at(uint64_t offset, std::string_view what) const {
        T result;
        std::memcpy(&result, range(offset, sizeof result, what).data(), sizeof result);
        return result;
    }

private:
    std::string_view bytes_;
};

Header checked_header(const Bytes& file, std::string_view magic) {
    if (file.size() == 0) throw Problem("is empty; copy it again");
    if (!std::string_view(ELFMAG, SELFMAG).starts_with(magic.substr(0, SELFMAG)))
        throw Problem("is not an ELF file; a plugin is a shared object");
    const auto header = file.at<Header>(0, "the header");
    const Header& own = __ehdr_start;
    if (header.e_ident[EI_CLASS] != own.e_ident[EI_CLASS])
        throw Problem(
            fmt::format("is for another word size; build it for this machine, {}", machine_name(own.e_machine)));
    if (header.e_ident[EI_DATA] != own.e_ident[EI_DATA])
        throw Problem(
            fmt::format("is for another byte order; build it for this machine, {}", machine_name(own.e_machine)));
    if (header.e_machine != own.e_machine)
        throw Problem(fmt::format("is for {}, this host is for {}; build it for this machine",
                                  machine_name(header.e_machine), machine_name(own.e_machine)));
    if (header.e_type == ET_REL) throw Problem("is an object file; link it with -shared");
    if (header.e_type == ET_EXEC) throw Problem("is an executable; link it with -shared");
    if (header.e_type != ET_DYN) throw Problem("is not a shared object; link it with -shared");
    if (header.e_phentsize != sizeof(Segment)) throw damaged("the size of its program headers");
    return header;
}

// All segments, with every byte that dlopen would map inside the file. dlopen also relies on the
// order of what it loads.
std::vector<Segment> checked_segments(const Bytes& file, const Header& header) {
    file.range(header.e_phoff, uint64_t{header.e_phnum} * sizeof(Segment), "the table of program headers");
    std::vector<Segment> segments;
    uint64_t loaded_to = 0;
    for (unsigned i = 0; i < header.e_phnum; ++i) {
        const auto s = file.at<Segment>(header.e_phoff + i * sizeof(Segment), "a program header");
        file.range(s.p_offset, s.p_filesz, fmt::format("segment {}", i));
        if (s.p_type == PT_LOAD) {
            uint64_t end = 0;
            if (s.p_filesz > s.p_memsz || s.p_vaddr < loaded_to || __builtin_add_overflow(s.p_vaddr, s.p_memsz, &end))
                throw damaged(fmt::format("the addresses of segment {}", i));
            loaded_to = end;
        }
        segments.push_back(s);
    }
    if (loaded_to == 0) throw damaged("nothing in it to load");
    return segments;
}

// Sections mean nothing to dlopen, but most often they end the file: a cheap sign of one cut short.
void check_sections(const Bytes& file, const Header& header) {
    if (header.e_shoff != 0)
        file.range(header.e_shoff, uint64_t{header.e_shnum} * sizeof(Section), "the table of section headers");
}

// The symbols that a file exports, found as dlsym finds them: through its hash table.
class Exports {
public:
    Exports(const Bytes& file, const std::vector<Segment>& segments) : file_(file), segments_(segments) {
        for (const Segment& s : segments)
            if (s.p_type == PT_DYNAMIC) read(s);
        most_symbols_ = file.size() / sizeof(Symbol);
    }

    std::optional<Symbol> find(std::string_view name) const {
        if (!symbols_ || !strings_) return std::nullopt;
        if (gnu_hash_) return find_gnu(name);
        if (sysv_hash_) return find_sysv(name);
        return std::nullopt;
    }

private:
    void read(const Segment& segment) {
        for (uint64_t i = 0; (i + 1) * sizeof(Dynamic) <= segment.p_filesz; ++i) {
            const auto entry = file_.at<Dynamic>(segment.p_offset + i * sizeof(Dynamic), "the dynamic section");
            switch (entry.d_tag) {
                case DT_NULL:
                    return;
                case DT_SYMTAB:
                    symbols_ = entry.d_un.d_ptr;
                    break;
                case DT_STRTAB:
                    strings_ = entry.d_un.d_ptr;
                    break;
                case DT_GNU_HASH:
                    gnu_hash_ = entry.d_un.d_ptr;
                    break;
                case DT_HASH:
                    sysv_hash_ = entry.d_un.d_ptr;
                    break;
                default:
                    break;
            }
        }
    }

    // An entry of a table that is given by its address once loaded.
    template <class T>
    T loaded(uint64_t table, uint64_t index, std::string_view what) const {
        uint64_t address = 0;
        if (__builtin_mul_overflow(index, sizeof(T), &address) || __builtin_add_overflow(address, table, &address))
            throw damaged(fmt::format("the address of {}", what));
        for (const Segment& s : segments_)
            if (s.p_type == PT_LOAD && address >= s.p_vaddr && address - s.p_vaddr < s.p_filesz)
                return file_.at<T>(s.p_offset + (address - s.p_vaddr), what);
        throw damaged(fmt::format("the address of {}", what));
    }

    uint32_t word(uint64_t table, uint64_t index) const {
        return loaded<uint32_t>(table, index, "the table of symbols");
    }

    bool is_named(const Symbol& symbol, std::string_view name) const {
        const uint64_t at = *strings_ + symbol.st_name;
        for (size_t i = 0; i < name.size(); ++i)
            if (loaded<char>(at, i, "the name of a symbol") != name[i]) return false;
        return loaded<char>(at, name.size(), "the name of a symbol") == '\0';
    }

    Symbol symbol(uint32_t index) const { return loaded<Symbol>(*symbols_, index, "a symbol"); }

    // Table: bucket count, first symbol, words of bloom filter, shift; bloom, buckets, chains. A
    // chain holds hashes, the last with its lowest bit set.
    std::optional<Symbol> find_gnu(std::string_view name) const {
        uint32_t hash = 5381;
        for (const char c : name) hash = hash * 33 + static_cast<unsigned char>(c);
        const uint32_t bucket_count = word(*gnu_hash_, 0), first = word(*gnu_hash_, 1), bloom = word(*gnu_hash_, 2);
        if (bucket_count == 0) return std::nullopt;
        const uint64_t buckets = 4 + uint64_t{bloom} * (sizeof(ElfW(Addr)) / sizeof(uint32_t));
        const uint64_t chains = buckets + bucket_count;
        uint32_t index = word(*gnu_hash_, buckets + hash % bucket_count);
        if (index < first) return std::nullopt;
        for (uint64_t steps = 0; steps < most_symbols_; ++steps, ++index) {
            const uint32_t entry = word(*gnu_hash_, chains + (index - first));
            if ((entry | 1) == (hash | 1) && is_named(symbol(index), name)) return symbol(index);
            if (entry & 1) return std::nullopt;
        }
        throw endless();
    }

    // Table: bucket count, symbol count; buckets, chains. A chain holds indices, the last one zero.
    std::optional<Symbol> find_sysv(std::string_view name) const {
        uint32_t hash = 0;
        for (const char c : name) {
            hash = (hash << 4) + static_cast<unsigned char>(c);
            hash = (hash ^ (hash >> 24 & 0xf0)) & 0x0fffffff;
        }
        const uint32_t bucket_count = word(*sysv_hash_, 0);
        if (bucket_count == 0) return std::nullopt;
        uint32_t index = word(*sysv_hash_, 2 + hash % bucket_count);
        for (uint64_t steps = 0; steps < most_symbols_; ++steps) {
            if (index == 0) return std::nullopt;
            if (is_named(symbol(index), name)) return symbol(index);
            index = word(*sysv_hash_, 2 + uint64_t{bucket_count} + index);
        }
        throw endless();
    }

    static Problem endless() { return damaged("its table of symbols has no end"); }

    Bytes file_;
    const std::vector<Segment>& segments_;
    uint64_t most_symbols_ = 0;  // that the file has room for: a longer chain goes in circles
    std::optional<uint64_t> symbols_, strings_, gnu_hash_, sysv_hash_;
};

bool is_defined(const std::optional<Symbol>& symbol) {
    if (!symbol || symbol->st_shndx == SHN_UNDEF) return false;
    const auto binding = ELF64_ST_BIND(symbol->st_info);
    return binding == STB_GLOBAL || binding == STB_WEAK;
}

void check_entry(const Exports& exports) {
    const auto entry = exports.find(UDF_PLUGIN_ENTRY);
    if (is_defined(entry)) {
        const auto type = ELF64_ST_TYPE(entry->st_info);
        if (type != STT_FUNC && type != STT_GNU_IFUNC)
            throw Problem("exports " UDF_PLUGIN_ENTRY ", but not as a function");
        return;
    }
    if (is_defined(exports.find("udf_plugin_v2")))
        throw Problem("needs plugin interface 2, this host has 1; update udf-host");
    throw Problem("exports no function " UDF_PLUGIN_ENTRY "; a C++ plugin gets it from UDF_PLUGIN(...)");
}

}  // namespace

std::string elf_problem(std::string_view bytes) {
    try {
        const Bytes file(bytes);
        const Header header = checked_header(file, bytes);
        const auto segments = checked_segments(file, header);
        check_sections(file, header);
        check_entry(Exports(file, segments));
        return {};
    } catch (const Problem& problem) {
        return problem.what();
    }
}

}  // namespace plugin
