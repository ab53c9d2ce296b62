/* nameplate.h: which company or operator is behind an IP address.
 *
 *     nameplate_db_t *db = NULL;
 *     nameplate_snapshot_t *snapshot = NULL;
 *     nameplate_hit_t hit;
 *     if (nameplate_open("nameplate.npl", NULL, NULL, &db) == NAMEPLATE_OK) {
 *         nameplate_snapshot(db, &snapshot);
 *         if (nameplate_lookup(snapshot, "192.0.2.1", 9, &hit) == NAMEPLATE_OK && hit.kind == NAMEPLATE_COMPANY) {
 *             printf("%.*s\n", (int)hit.name.length, hit.name.data);
 *         }
 *         nameplate_snapshot_free(snapshot);
 *         nameplate_close(db);
 *     }
 *
 * A database (nameplate_db_t) is a range file that can be replaced while it answers. A snapshot is its state at one
 * moment: lookups answer from it, and lend texts that stay until it is freed, whatever is reloaded or closed meanwhile.
 * A lookup writes a hit, with the name. What else is known is read with the hit when it is wanted:
 *
 *     address --nameplate_lookup--> hit --nameplate_answer(hit.answer)----> all facts --nameplate_networks--> ranges
 *                                      \--nameplate_network(hit.interval)-> the network around the address
 *                                      \--nameplate_json(&hit)------------> one line with all of it
 *     addresses --nameplate_lookup_batch_v4, _v6--> answer ids --nameplate_names, nameplate_answer--> ...
 *
 * Conventions
 *
 * - Every function but two returns a status: NAMEPLATE_OK, or a NAMEPLATE_ERROR_ whose number never changes its meaning;
 *   nameplate_status_text has a sentence for each. That nothing is known of an address is an answer, not an error.
 * - Results go through the last parameters, and are written only with NAMEPLATE_OK. nameplate_error_t alone is written
 *   when a call fails.
 * - A pointer that may be NULL is said to be. Any other that is NULL is NAMEPLATE_ERROR_NULL; an array of no elements may be
 *   NULL. Otherwise a pointer points to what its type says, for the length that goes with it, while the call runs: that
 *   can't be checked. A handle that is closed or of another kind is NAMEPLATE_ERROR_HANDLE as long as its memory was not
 *   given to others; do not rely on it.
 * - A struct that begins with `size` grows at its end in later versions. Set `size` to sizeof of the struct, and the rest
 *   of what you pass to 0. Structs that were compiled with an older or a newer header than the library's both work:
 *   what one side does not know is 0, and to set an option that the library does not know is NAMEPLATE_ERROR_OPTION.
 * - Texts are UTF-8 with a length, and not NUL-terminated: printf("%.*s", (int)text.length, text.data). Paths and keys, which
 *   you pass, are NUL-terminated.
 *
 * Threads, fork, signals
 *
 * Any thread may call any function at any time, as long as nobody closes a database, or frees a snapshot, that others
 * still use. Lookups take no lock, allocate nothing, make no system call and wait for nobody. The library starts no
 * thread, handles no signal, sets no allocator, reads no environment variable, writes to no stream and leaves no
 * descriptor open. After fork, parent and child go on with the handles they have and reload each for itself;
 * no other thread may be inside nameplate_reload or nameplate_suppress at that moment. When all handles are closed it
 * can be unloaded with dlclose. A lookup may be interrupted by a signal, and done in its handler; nothing else may be.
 *
 * Privacy
 *
 * No error text quotes an address, and nothing keeps one when a call has returned.
 *
 * This file is generated from src/capi by `make header`. */


#ifndef NAMEPLATE_H
#define NAMEPLATE_H

#include <stddef.h>
#include <stdint.h>

// The version of this interface, the number in the library's soname (libnameplate.so.1). It grows when
// programs that were compiled with an older header could not go on; functions, constants and fields at the
// end of sized structs are added without.
#define NAMEPLATE_ABI_VERSION 1

// Done.
#define NAMEPLATE_OK 0

// A pointer that must not be NULL is NULL.
#define NAMEPLATE_ERROR_NULL 1

// A length, count or alignment that no array has, or arrays that overlap.
#define NAMEPLATE_ERROR_ARGUMENT 2

// Not an open handle of this kind: closed, freed, or of another kind.
#define NAMEPLATE_ERROR_HANDLE 3

// The text is no address.
#define NAMEPLATE_ERROR_ADDRESS 4

// The buffer is too small.
#define NAMEPLATE_ERROR_SPACE 5

// There is nothing of this id or number.
#define NAMEPLATE_ERROR_NOT_FOUND 6

// A struct's `size` is less than its first version's, or something is set that this library does not know.
#define NAMEPLATE_ERROR_OPTION 7

// A defect of the library. The handles stay usable.
#define NAMEPLATE_ERROR_PANIC 8

// There is no such file.
#define NAMEPLATE_ERROR_MISSING 16

// The operating system refused.
#define NAMEPLATE_ERROR_IO 17

// The file is empty.
#define NAMEPLATE_ERROR_EMPTY 18

// The file is no range file.
#define NAMEPLATE_ERROR_FOREIGN 19

// The file's format is newer than this library.
#define NAMEPLATE_ERROR_NEWER 20

// The file is not signed, and a key was given.
#define NAMEPLATE_ERROR_UNSIGNED 21

// The signature is another key's, or does not fit.
#define NAMEPLATE_ERROR_SIGNATURE 22

// The file is cut off or damaged.
#define NAMEPLATE_ERROR_DAMAGED 23

// The suppression list is missing or not whole.
#define NAMEPLATE_ERROR_SUPPRESSION 24

// The public key is none.
#define NAMEPLATE_ERROR_KEY 25

// The file is older than the one it was to replace.
#define NAMEPLATE_ERROR_OLDER 26

// Snapshots of seven replaced files are still held: free some, then reload.
#define NAMEPLATE_ERROR_HELD 27

// Copies the file into memory that nobody can change or shrink, instead of mapping it: takes the file's size in
// memory, and what happens to the file afterwards does not matter.
#define NAMEPLATE_OPEN_COPY 1

// Reads the whole mapped file into the page cache before the first lookup.
#define NAMEPLATE_OPEN_PREFAULT 2

// Checks all of the file before it is used, some 60 ms for 20 MB. Without it, header and bounds are checked, and
// a file that is damaged inside may answer wrongly; it is never read out of bounds.
#define NAMEPLATE_OPEN_VERIFY 4

// Lets a reload go back to a file with a lower build number.
#define NAMEPLATE_OPEN_ALLOW_OLDER 8

// Nothing is known, or nothing may be shown.
#define NAMEPLATE_UNKNOWN 0

// An organisation uses this network itself.
#define NAMEPLATE_COMPANY 1

// An access, hosting, mobile, VPN or transit network: who is behind it is not knowable.
#define NAMEPLATE_OPERATOR 2

// A special-purpose address (RFC 6890).
#define NAMEPLATE_RESERVED 3

// Only in what `nameplate_lookup_batch` writes: the text was no address.
#define NAMEPLATE_INVALID 4

// Bytes of the longest text that is an address: `ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255`.
#define NAMEPLATE_ADDRESS_LENGTH 45

// A range file that can be replaced while it answers. It belongs to who opened it, who closes it once; any number
// of threads may use it at once, and closing it is for when none does.
typedef struct nameplate_db_t nameplate_db_t;

// One state of a database: what one file says. It belongs to who took it, who frees it once, also after the database
// was closed; any number of threads may look up in it at once. Everything that a lookup lends is valid until then.
// Take one for each piece of work (some 25 ns, one allocation), and let go of it: one that is kept keeps its file in memory, and a
// reload fails when seven replaced files are kept so.
typedef struct nameplate_snapshot_t nameplate_snapshot_t;

// How a database is opened. It is the caller's, zeroed but for what is set, and not kept: the texts are copied.
typedef struct nameplate_options_t {
    // Set by the caller: `sizeof(nameplate_options_t)`.
    uint32_t size;
    // `NAMEPLATE_OPEN_…` added up.
    uint32_t flags;
    // A suppression list's file, NUL-terminated, read now and at each reload; or NULL. What it names is in no answer.
    const char *suppression;
    // A public key's file, or the key itself, NUL-terminated; or NULL. Only files that it signed are taken.
    const char *public_key;
} nameplate_options_t;

// What went wrong, in a sentence that names file and place, and says what to do. It is the caller's, who sets
// `size`; a function that fails writes the rest, one that succeeds nothing. Used by one call at a time.
typedef struct nameplate_error_t {
    // Set by the caller: `sizeof(nameplate_error_t)`. A smaller one gets a shorter text.
    uint32_t size;
    // The status that the function returns.
    uint32_t status;
    // The sentence, UTF-8, NUL-terminated, cut where it would not fit.
    char text[504];
} nameplate_error_t;

// Text that the library lends: `length` bytes of UTF-8 at `data`, not NUL-terminated. Where there is no such
// text, `data` is NULL and `length` 0. It belongs to the snapshot by which it was got, and is valid until that is
// freed, whatever is reloaded or closed; any thread may read it.
typedef struct nameplate_text_t {
    // The first byte, or NULL.
    const char *data;
    // Bytes.
    size_t length;
} nameplate_text_t;

// What a lookup found: a few words, which lead to all the rest within the same snapshot. It is the caller's,
// belongs to no thread, and holds no memory but the name, which is lent by the snapshot. Its size never changes.
typedef struct nameplate_hit_t {
    // `NAMEPLATE_UNKNOWN`, `_COMPANY`, `_OPERATOR` or `_RESERVED`.
    uint32_t kind;
    // The answer's id, for `nameplate_answer`. 0 is the one that says nothing.
    uint32_t answer;
    // Where the address lies, for `nameplate_network` and `nameplate_json`.
    uint32_t interval;
    // How sure it is that this company uses the network, 1 to 100; 0 where it is no company.
    uint32_t confidence;
    // The company's name, else the operator's, else that of the special-purpose block.
    struct nameplate_text_t name;
} nameplate_hit_t;

// All that an answer says. It is the caller's, who sets `size`; its texts are lent by the snapshot. The names of the
// fields are those of the JSON, with `_` for the dot; a fact that is not known is a text with `data` NULL, or 0.
typedef struct nameplate_answer_t {
    // Set by the caller: `sizeof(nameplate_answer_t)`.
    uint32_t size;
    // `NAMEPLATE_UNKNOWN`, `_COMPANY`, `_OPERATOR` or `_RESERVED`.
    uint32_t kind;
    // How sure it is that this company uses the network, 1 to 100; 0 where it is no company.
    uint32_t confidence;
    // The sources that say so: bit `i` is source `i` of `nameplate_source`.
    uint32_t sources;
    // The registry's name for a special-purpose block.
    struct nameplate_text_t block;
    // Stable from build to build: `lei:…`, `asn:…`. For `nameplate_networks`.
    struct nameplate_text_t company_id;
    // Name as registered.
    struct nameplate_text_t company_name;
    // `business`, `education`, `government` or `nonprofit`.
    struct nameplate_text_t company_kind;
    // ISO 3166-1 alpha-2 code in capitals.
    struct nameplate_text_t company_country;
    // Internet domain.
    struct nameplate_text_t company_domain;
    // Legal form as written, as `GmbH`.
    struct nameplate_text_t company_legal_form;
    // Industry, as the register gives it.
    struct nameplate_text_t company_industry;
    // Register in which the company stands.
    struct nameplate_text_t company_register;
    // Number in that register.
    struct nameplate_text_t company_register_id;
    // Name of the AS's holder.
    struct nameplate_text_t operator_name;
    // `access`, `hosting`, `mobile`, `vpn`, `transit` or `exchange`.
    struct nameplate_text_t operator_kind;
    // AS number, where `has_operator` is 1.
    uint32_t operator_asn;
    // 1 where the network's operator is known, also for companies; else 0.
    uint32_t has_operator;
} nameplate_answer_t;

// Addresses from `first` to `last`, both included, in network order: for `inet_ntop` as they are. It is the caller's,
// and holds nothing of the library. Its size never changes.
typedef struct nameplate_range_t {
    // 4: the first 4 bytes of each are an IPv4 address, and the others 0. 6: all 16 are an IPv6 address.
    uint32_t family;
    // First address.
    uint8_t first[16];
    // Last address.
    uint8_t last[16];
} nameplate_range_t;

// Numbers about a snapshot's file. It is the caller's, who sets `size`, and holds nothing of the library.
typedef struct nameplate_metadata_t {
    // Set by the caller: `sizeof(nameplate_metadata_t)`.
    uint32_t size;
    // Version of the file's format.
    uint32_t format_version;
    // Grows from build to build.
    uint64_t build_number;
    // Which of the files that the database has opened, from 1.
    uint64_t generation;
    // Unix seconds of the newest data; 0 where no source has a date.
    uint64_t created;
    // Bytes of the file.
    uint64_t file_length;
    // IPv4 intervals, gaps included.
    uint64_t v4_intervals;
    // IPv6 intervals, gaps included.
    uint64_t v6_intervals;
    // Answers: ids are below this.
    uint64_t answers;
    // Companies.
    uint64_t companies;
    // Operators.
    uint64_t operators;
    // Sources, for `nameplate_source`: at most 32.
    uint64_t sources;
} nameplate_metadata_t;

// A source that a file was built from. It is the caller's, who sets `size`; its texts are lent by the snapshot.
typedef struct nameplate_source_t {
    // Set by the caller: `sizeof(nameplate_source_t)`.
    uint32_t size;
    // 0.
    uint32_t reserved;
    // Rows that were used.
    uint64_t rows;
    // Short name, as answers show it: `ip-asn`.
    struct nameplate_text_t name;
    // Title for people.
    struct nameplate_text_t title;
    // Licence.
    struct nameplate_text_t licence;
    // Whom the licence wants named, wherever the data is shown.
    struct nameplate_text_t attribution;
    // Where the source is described.
    struct nameplate_text_t url;
    // Date of the data, as `2026-06-17`.
    struct nameplate_text_t date;
} nameplate_source_t;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// The version of the interface that the loaded library has: to be compared with `NAMEPLATE_ABI_VERSION` by who
// loads it at run time.
uint32_t nameplate_abi_version(void);

// A sentence for a status, NUL-terminated; never NULL, also for numbers that are none. It is the library's:
// valid until that is unloaded.
const char *nameplate_status_text(uint32_t status);

// Opens the range file at `path` (NUL-terminated). `options` may be NULL, for none; `error` too. Maps the file: the
// processes that do so share one copy. Such a file must be replaced by rename, as nameplate does, and never changed
// in place: truncating a mapped file kills its readers, which `NAMEPLATE_OPEN_COPY` avoids.
// O(1), well under a millisecond, if the options ask for no more.
uint32_t nameplate_open(const char *path,
                        const struct nameplate_options_t *options,
                        struct nameplate_error_t *error,
                        struct nameplate_db_t **database);

// Closes a database; NULL is none, and is closed already. Snapshots of it stay as they are, and are freed by themselves.
uint32_t nameplate_close(struct nameplate_db_t *database);

// Opens the file anew, and the suppression list if there is one, and puts them in place for snapshots that are
// taken from then on. Where anything fails, what was served is served on. `error` may be NULL, and `generation`
// too: the new generation's number, which counts from 1. Costs what opening costs; lookups meanwhile notice nothing.
uint32_t nameplate_reload(struct nameplate_db_t *database, struct nameplate_error_t *error, uint64_t *generation);

// Reloads with the suppression list at `list` (NUL-terminated), and from then on reads it at each reload, instead of
// one that was given before. It can't be taken away again: a NULL by mistake would show who asked not to be shown.
// Otherwise as `nameplate_reload`.
uint32_t nameplate_suppress(struct nameplate_db_t *database,
                            const char *list,
                            struct nameplate_error_t *error,
                            uint64_t *generation);

// Takes a snapshot of the database as it is now. Takes no lock, and waits for nobody.
uint32_t nameplate_snapshot(const struct nameplate_db_t *database, struct nameplate_snapshot_t **snapshot);

// Frees a snapshot, and with it all texts that were lent by it; NULL is none, and is freed already.
uint32_t nameplate_snapshot_free(struct nameplate_snapshot_t *snapshot);

// Looks up an address given as text: `length` bytes, which need no NUL behind them. IPv4 as a dotted quad
// without leading zeros, IPv6 in every form of RFC 4291; `::ffff:a.b.c.d` is the IPv4 address. What is not plainly one
// address is `NAMEPLATE_ERROR_ADDRESS`; of more than `NAMEPLATE_ADDRESS_LENGTH` bytes none is read.
uint32_t nameplate_lookup(const struct nameplate_snapshot_t *snapshot,
                          const char *text,
                          size_t length,
                          struct nameplate_hit_t *hit);

// Looks up an IPv4 address in host order: `ntohl(in.sin_addr.s_addr)`.
uint32_t nameplate_lookup_v4(const struct nameplate_snapshot_t *snapshot,
                             uint32_t address,
                             struct nameplate_hit_t *hit);

// Looks up an IPv6 address of 16 bytes in network order, as in `struct in6_addr`; an IPv4-mapped one as IPv4.
uint32_t nameplate_lookup_v6(const struct nameplate_snapshot_t *snapshot,
                             const uint8_t *address,
                             struct nameplate_hit_t *hit);

// Looks up `count` addresses given as text, in order: quicker than one at a time. One that is no address has the
// kind `NAMEPLATE_INVALID`, and the others are answered. `texts` and `hits` must not overlap.
uint32_t nameplate_lookup_batch(const struct nameplate_snapshot_t *snapshot,
                                const struct nameplate_text_t *texts,
                                size_t count,
                                struct nameplate_hit_t *hits);

// Writes the answer ids of `count` IPv4 addresses in host order: several times as fast as one at a time. `addresses` and
// `ids` must not overlap.
uint32_t nameplate_lookup_batch_v4(const struct nameplate_snapshot_t *snapshot,
                                   const uint32_t *addresses,
                                   size_t count,
                                   uint32_t *ids);

// The same for IPv6 addresses, of 16 bytes each in network order, one behind the other.
uint32_t nameplate_lookup_batch_v6(const struct nameplate_snapshot_t *snapshot,
                                   const uint8_t *addresses,
                                   size_t count,
                                   uint32_t *ids);

// Writes the names that go with `count` answer ids, as in `nameplate_hit_t`: quicker than one at a time. Ids that are not
// there have none. `ids` and `names` must not overlap.
uint32_t nameplate_names(const struct nameplate_snapshot_t *snapshot,
                         const uint32_t *ids,
                         size_t count,
                         struct nameplate_text_t *names);

// Writes all that the answer `id` says, but for the network, which belongs to the address: `nameplate_network`. An id
// is from a hit or a batch, and holds within one snapshot; one that the file has not is `NAMEPLATE_ERROR_NOT_FOUND`.
uint32_t nameplate_answer(const struct nameplate_snapshot_t *snapshot, uint32_t id, struct nameplate_answer_t *answer);

// Writes the largest range around a hit's address in which every address has this answer. `interval` is the hit's;
// where it is neither a company's nor an operator's, `NAMEPLATE_ERROR_NOT_FOUND`.
uint32_t nameplate_network(const struct nameplate_snapshot_t *snapshot,
                           uint32_t interval,
                           struct nameplate_range_t *range);

// Writes a hit's answer as one line of JSON, as `nameplate lookup --json` prints it, with a NUL behind it, into
// `buffer` of `capacity` bytes; `length` gets the bytes before the NUL. With a capacity of 0 (and any buffer) it
// only says the length. 2,048 bytes do for most answers; where the capacity is too small,
// `NAMEPLATE_ERROR_SPACE`.
uint32_t nameplate_json(const struct nameplate_snapshot_t *snapshot,
                        const struct nameplate_hit_t *hit,
                        char *buffer,
                        size_t capacity,
                        size_t *length);

// Writes the networks of a company, IPv4 first, ascending: those from number `start` on, `capacity` at most, into
// `ranges`; `count` gets how many were written. With a capacity of 0 (and any `ranges`) it gets how many there are from
// `start` on. The id is `id_length` bytes, as an answer's `company_id`; where there is no such company, or it is
// suppressed, `NAMEPLATE_ERROR_NOT_FOUND`.
uint32_t nameplate_networks(const struct nameplate_snapshot_t *snapshot,
                            const char *id,
                            size_t id_length,
                            size_t start,
                            struct nameplate_range_t *ranges,
                            size_t capacity,
                            size_t *count);

// Writes what a snapshot's file says about itself.
uint32_t nameplate_metadata(const struct nameplate_snapshot_t *snapshot, struct nameplate_metadata_t *metadata);

// Writes source `index` of a snapshot's file, from 0; behind the last one, `NAMEPLATE_ERROR_NOT_FOUND`.
uint32_t nameplate_source(const struct nameplate_snapshot_t *snapshot,
                          uint32_t index,
                          struct nameplate_source_t *source);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* NAMEPLATE_H */
