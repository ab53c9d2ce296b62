#define FFI_SCOPE "nameplate"
#define FFI_LIB "libnameplate.so.1"
/* Made of include/nameplate.h by bindings/php/ffi-header. The lines above are for ffi.preload, and have to be the first. */
typedef struct nameplate_db_t nameplate_db_t;
typedef struct nameplate_snapshot_t nameplate_snapshot_t;
typedef struct nameplate_options_t {
    uint32_t size;
    uint32_t flags;
    const char *suppression;
    const char *public_key;
} nameplate_options_t;
typedef struct nameplate_error_t {
    uint32_t size;
    uint32_t status;
    char text[504];
} nameplate_error_t;
typedef struct nameplate_text_t {
    const char *data;
    size_t length;
} nameplate_text_t;
typedef struct nameplate_hit_t {
    uint32_t kind;
    uint32_t answer;
    uint32_t interval;
    uint32_t confidence;
    struct nameplate_text_t name;
} nameplate_hit_t;
typedef struct nameplate_answer_t {
    uint32_t size;
    uint32_t kind;
    uint32_t confidence;
    uint32_t sources;
    struct nameplate_text_t block;
    struct nameplate_text_t company_id;
    struct nameplate_text_t company_name;
    struct nameplate_text_t company_kind;
    struct nameplate_text_t company_country;
    struct nameplate_text_t company_domain;
    struct nameplate_text_t company_legal_form;
    struct nameplate_text_t company_industry;
    struct nameplate_text_t company_register;
    struct nameplate_text_t company_register_id;
    struct nameplate_text_t operator_name;
    struct nameplate_text_t operator_kind;
    uint32_t operator_asn;
    uint32_t has_operator;
} nameplate_answer_t;
typedef struct nameplate_range_t {
    uint32_t family;
    uint8_t first[16];
    uint8_t last[16];
} nameplate_range_t;
typedef struct nameplate_metadata_t {
    uint32_t size;
    uint32_t format_version;
    uint64_t build_number;
    uint64_t generation;
    uint64_t created;
    uint64_t file_length;
    uint64_t v4_intervals;
    uint64_t v6_intervals;
    uint64_t answers;
    uint64_t companies;
    uint64_t operators;
    uint64_t sources;
} nameplate_metadata_t;
typedef struct nameplate_source_t {
    uint32_t size;
    uint32_t reserved;
    uint64_t rows;
    struct nameplate_text_t name;
    struct nameplate_text_t title;
    struct nameplate_text_t licence;
    struct nameplate_text_t attribution;
    struct nameplate_text_t url;
    struct nameplate_text_t date;
} nameplate_source_t;
uint32_t nameplate_abi_version(void);
const char *nameplate_status_text(uint32_t status);
uint32_t nameplate_open(const char *path,
                        const struct nameplate_options_t *options,
                        struct nameplate_error_t *error,
                        struct nameplate_db_t **database);
uint32_t nameplate_close(struct nameplate_db_t *database);
uint32_t nameplate_reload(struct nameplate_db_t *database, struct nameplate_error_t *error, uint64_t *generation);
uint32_t nameplate_suppress(struct nameplate_db_t *database,
                            const char *list,
                            struct nameplate_error_t *error,
                            uint64_t *generation);
uint32_t nameplate_snapshot(const struct nameplate_db_t *database, struct nameplate_snapshot_t **snapshot);
uint32_t nameplate_snapshot_free(struct nameplate_snapshot_t *snapshot);
uint32_t nameplate_lookup(const struct nameplate_snapshot_t *snapshot,
                          const char *text,
                          size_t length,
                          struct nameplate_hit_t *hit);
uint32_t nameplate_lookup_v4(const struct nameplate_snapshot_t *snapshot,
                             uint32_t address,
                             struct nameplate_hit_t *hit);
uint32_t nameplate_lookup_v6(const struct nameplate_snapshot_t *snapshot,
                             const uint8_t *address,
                             struct nameplate_hit_t *hit);
uint32_t nameplate_lookup_batch(const struct nameplate_snapshot_t *snapshot,
                                const struct nameplate_text_t *texts,
                                size_t count,
                                struct nameplate_hit_t *hits);
uint32_t nameplate_lookup_batch_v4(const struct nameplate_snapshot_t *snapshot,
                                   const uint32_t *addresses,
                                   size_t count,
                                   uint32_t *ids);
uint32_t nameplate_lookup_batch_v6(const struct nameplate_snapshot_t *snapshot,
                                   const uint8_t *addresses,
                                   size_t count,
                                   uint32_t *ids);
uint32_t nameplate_names(const struct nameplate_snapshot_t *snapshot,
                         const uint32_t *ids,
                         size_t count,
                         struct nameplate_text_t *names);
uint32_t nameplate_answer(const struct nameplate_snapshot_t *snapshot, uint32_t id, struct nameplate_answer_t *answer);
uint32_t nameplate_network(const struct nameplate_snapshot_t *snapshot,
                           uint32_t interval,
                           struct nameplate_range_t *range);
uint32_t nameplate_json(const struct nameplate_snapshot_t *snapshot,
                        const struct nameplate_hit_t *hit,
                        char *buffer,
                        size_t capacity,
                        size_t *length);
uint32_t nameplate_networks(const struct nameplate_snapshot_t *snapshot,
                            const char *id,
                            size_t id_length,
                            size_t start,
                            struct nameplate_range_t *ranges,
                            size_t capacity,
                            size_t *count);
uint32_t nameplate_metadata(const struct nameplate_snapshot_t *snapshot, struct nameplate_metadata_t *metadata);
uint32_t nameplate_source(const struct nameplate_snapshot_t *snapshot,
                          uint32_t index,
                          struct nameplate_source_t *source);

/* A nameplate_hit_t, of which PHP reads the name in fewer steps. */
typedef struct nameplate_hit_words_t {
    uint32_t kind;
    uint32_t answer;
    uint32_t interval;
    uint32_t confidence;
    const char *data;
    size_t length;
} nameplate_hit_words_t;
