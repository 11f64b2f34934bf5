// Finds the manifest in a plugin's file. The file is untrusted: every offset and size is checked against the bytes
// that are there, nothing is mapped and nothing runs. Layout: System V ABI, chapter 4, and elf(5).
#include <elf.h>
#include <weir/plugin.h>

#include <cstring>
#include <optional>

#include "runtime/plugin/manifest.hpp"

namespace weir::plugin {

namespace {

#if defined(__x86_64__)
constexpr Elf64_Half kMachine = EM_X86_64;
constexpr std::string_view kMachineName = "x86-64";
#elif defined(__aarch64__)
constexpr Elf64_Half kMachine = EM_AARCH64;
constexpr std::string_view kMachineName = "aarch64";
#else
#error "add this machine's e_machine"
#endif

using Bytes = std::span<const std::byte>;

Error refuse(std::string code, std::string message) { return {Errc::invalid, std::move(message), std::move(code), {}}; }
Error truncated(std::string_view what) { return refuse("truncated", "the file ends before its " + std::string(what)); }

// The part [offset, offset + size) of `bytes`; nullopt when it is not all there. Cannot overflow.
std::optional<Bytes> part(Bytes bytes, std::uint64_t offset, std::uint64_t size) {
    if (offset > bytes.size() || size > bytes.size() - offset) return std::nullopt;
    return bytes.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(size));
}

template <class T>
std::optional<T> read(Bytes bytes, std::uint64_t offset) {
    const auto raw = part(bytes, offset, sizeof(T));
    if (!raw) return std::nullopt;
    T value;
    std::memcpy(&value, raw->data(), sizeof value);
    return value;
}

std::string_view text(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

constexpr std::uint64_t align4(std::uint64_t size) { return (size + 3) & ~std::uint64_t{3}; }

// The descriptor of weir's note among `notes`. Sizes in a note header are 32 bits, so the sums fit.
std::optional<Bytes> find_in_notes(Bytes notes) {
    std::uint64_t at = 0;
    while (const auto note = read<Elf64_Nhdr>(notes, at)) {
        const std::uint64_t name_at = at + sizeof *note;
        const std::uint64_t descriptor_at = name_at + align4(note->n_namesz);
        const auto name = part(notes, name_at, note->n_namesz);
        const auto descriptor = part(notes, descriptor_at, note->n_descsz);
        if (!name || !descriptor) return std::nullopt;
        constexpr std::string_view kOwner(WEIR_NOTE_OWNER, sizeof WEIR_NOTE_OWNER);  // with its NUL, as stored
        if (note->n_type == WEIR_NOTE_MANIFEST && text(*name) == kOwner) return descriptor;
        at = descriptor_at + align4(note->n_descsz);
    }
    return std::nullopt;
}

Status check_header(const Elf64_Ehdr& header) {
    if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB) {
        return refuse("wrong_architecture", "not a 64-bit little-endian file, expected " + std::string(kMachineName));
    }
    if (header.e_machine != kMachine) {
        return refuse("wrong_architecture", "built for machine " + std::to_string(header.e_machine) + ", expected " +
                                                std::to_string(kMachine) + " (" + std::string(kMachineName) + ")");
    }
    if (header.e_type != ET_DYN) {
        return refuse("not_shared",
                      "ELF type " + std::to_string(header.e_type) + ", expected a shared library (ET_DYN)");
    }
    return ok();
}

// Name of a section out of the string table; empty when it is not all there.
std::string_view section_name(Bytes names, Elf64_Word offset) {
    if (offset >= names.size()) return {};
    const std::string_view rest = text(names.subspan(offset));
    const std::size_t end = rest.find('\0');
    return end == std::string_view::npos ? std::string_view{} : rest.substr(0, end);
}

// nullopt: no such section. The table may be stripped; the program headers then lead to the note.
Result<std::optional<Bytes>> by_sections(Bytes file, const Elf64_Ehdr& header) {
    if (header.e_shoff == 0 || header.e_shnum == 0) return std::optional<Bytes>{};
    if (header.e_shentsize != sizeof(Elf64_Shdr)) {
        return refuse("truncated", "section headers of " + std::to_string(header.e_shentsize) + " bytes, expected 64");
    }
    const auto table = part(file, header.e_shoff, std::uint64_t{header.e_shnum} * sizeof(Elf64_Shdr));
    if (!table) return truncated("section headers");
    const auto names_header = read<Elf64_Shdr>(*table, std::uint64_t{header.e_shstrndx} * sizeof(Elf64_Shdr));
    if (!names_header) return truncated("section names");
    const auto names = part(file, names_header->sh_offset, names_header->sh_size);
    if (!names) return truncated("section names");
    for (std::uint64_t i = 0; i < header.e_shnum; ++i) {
        const auto section = read<Elf64_Shdr>(*table, i * sizeof(Elf64_Shdr));
        if (section->sh_type != SHT_NOTE || section_name(*names, section->sh_name) != WEIR_NOTE_SECTION) continue;
        const auto notes = part(file, section->sh_offset, section->sh_size);
        if (!notes) return truncated(".note.weir section");
        return find_in_notes(*notes);
    }
    return std::optional<Bytes>{};
}

Result<std::optional<Bytes>> by_segments(Bytes file, const Elf64_Ehdr& header) {
    if (header.e_phoff == 0 || header.e_phnum == 0) return std::optional<Bytes>{};
    if (header.e_phentsize != sizeof(Elf64_Phdr)) {
        return refuse("truncated", "program headers of " + std::to_string(header.e_phentsize) + " bytes, expected 56");
    }
    const auto table = part(file, header.e_phoff, std::uint64_t{header.e_phnum} * sizeof(Elf64_Phdr));
    if (!table) return truncated("program headers");
    for (std::uint64_t i = 0; i < header.e_phnum; ++i) {
        const auto segment = read<Elf64_Phdr>(*table, i * sizeof(Elf64_Phdr));
        if (segment->p_type != PT_NOTE) continue;
        const auto notes = part(file, segment->p_offset, segment->p_filesz);
        if (!notes) return truncated("note segment");
        if (const auto found = find_in_notes(*notes)) return found;
    }
    return std::optional<Bytes>{};
}

}  // namespace

Result<std::string> read_manifest_note(std::span<const std::byte> file) {
    if (file.size() < SELFMAG || text(file.first(SELFMAG)) != std::string_view(ELFMAG, SELFMAG)) {
        return refuse("not_elf", "not an ELF file");
    }
    const auto header = read<Elf64_Ehdr>(file, 0);
    if (!header) return truncated("ELF header");
    WEIR_CHECK_OK(check_header(*header));
    WEIR_TRY(auto found, by_sections(file, *header));
    if (!found) {
        WEIR_TRY(found, by_segments(file, *header));
    }
    if (!found) {
        return refuse("no_manifest", "no " WEIR_NOTE_SECTION
                                     " note, so this is not a weir plugin (weir_add_plugin() "
                                     "embeds plugin.json as one)");
    }
    return std::string(text(*found));
}

}  // namespace weir::plugin
