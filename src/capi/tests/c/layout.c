/* Prints the size of each struct, and where each field lies: compared with layout.txt, for programs have it compiled in. */

#include <nameplate.h>
#include <stddef.h>
#include <stdio.h>

#define STRUCT(type) printf("%s %zu\n", #type, sizeof(type))
#define FIELD(type, field) printf("    %s %zu %zu\n", #field, offsetof(type, field), sizeof(((type *)0)->field))

int main(void) {
    STRUCT(nameplate_text_t);
    FIELD(nameplate_text_t, data);
    FIELD(nameplate_text_t, length);
    STRUCT(nameplate_answer_t);
    FIELD(nameplate_answer_t, size);
    FIELD(nameplate_answer_t, kind);
    FIELD(nameplate_answer_t, confidence);
    FIELD(nameplate_answer_t, sources);
    FIELD(nameplate_answer_t, block);
    FIELD(nameplate_answer_t, company_id);
    FIELD(nameplate_answer_t, company_name);
    FIELD(nameplate_answer_t, company_kind);
    FIELD(nameplate_answer_t, company_country);
    FIELD(nameplate_answer_t, company_domain);
    FIELD(nameplate_answer_t, company_legal_form);
    FIELD(nameplate_answer_t, company_industry);
    FIELD(nameplate_answer_t, company_register);
    FIELD(nameplate_answer_t, company_register_id);
    FIELD(nameplate_answer_t, operator_name);
    FIELD(nameplate_answer_t, operator_kind);
    FIELD(nameplate_answer_t, operator_asn);
    FIELD(nameplate_answer_t, has_operator);
    STRUCT(nameplate_range_t);
    FIELD(nameplate_range_t, family);
    FIELD(nameplate_range_t, first);
    FIELD(nameplate_range_t, last);
    STRUCT(nameplate_hit_t);
    FIELD(nameplate_hit_t, kind);
    FIELD(nameplate_hit_t, answer);
    FIELD(nameplate_hit_t, interval);
    FIELD(nameplate_hit_t, confidence);
    FIELD(nameplate_hit_t, name);
    STRUCT(nameplate_options_t);
    FIELD(nameplate_options_t, size);
    FIELD(nameplate_options_t, flags);
    FIELD(nameplate_options_t, suppression);
    FIELD(nameplate_options_t, public_key);
    STRUCT(nameplate_error_t);
    FIELD(nameplate_error_t, size);
    FIELD(nameplate_error_t, status);
    FIELD(nameplate_error_t, text);
    STRUCT(nameplate_metadata_t);
    FIELD(nameplate_metadata_t, size);
    FIELD(nameplate_metadata_t, format_version);
    FIELD(nameplate_metadata_t, build_number);
    FIELD(nameplate_metadata_t, generation);
    FIELD(nameplate_metadata_t, created);
    FIELD(nameplate_metadata_t, file_length);
    FIELD(nameplate_metadata_t, v4_intervals);
    FIELD(nameplate_metadata_t, v6_intervals);
    FIELD(nameplate_metadata_t, answers);
    FIELD(nameplate_metadata_t, companies);
    FIELD(nameplate_metadata_t, operators);
    FIELD(nameplate_metadata_t, sources);
    STRUCT(nameplate_source_t);
    FIELD(nameplate_source_t, size);
    FIELD(nameplate_source_t, reserved);
    FIELD(nameplate_source_t, rows);
    FIELD(nameplate_source_t, name);
    FIELD(nameplate_source_t, title);
    FIELD(nameplate_source_t, licence);
    FIELD(nameplate_source_t, attribution);
    FIELD(nameplate_source_t, url);
    FIELD(nameplate_source_t, date);
    return 0;
}
