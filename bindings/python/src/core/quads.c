/* Dotted quads, the most frequent texts by far, read without a branch that depends on where the dots are: in addresses in random
 * order each of those is mispredicted, which takes longer than all of this. What is refused here may still be an address:
 * IPv6. The tests hold it to what the library accepts.
 *
 * Where the processor has SSE4.1, all bytes are worked on at once, after W. Mula and D. Lemire: the places of the dots choose one of 81
 * shuffles, which puts each number's digits where they are multiplied by 100, 10 and 1. */

#include "core.h"

#include <string.h>

#if defined(__x86_64__) && defined(__GNUC__)
#define QUADS_AT_ONCE 1
#include <immintrin.h>
#endif

/* Bit i is set where byte i of the word is a dot. */
static uint32_t dots_of_word(uint64_t word) {
    const uint64_t low = 0x7f7f7f7f7f7f7f7fu;
    uint64_t other = word ^ 0x2e2e2e2e2e2e2e2eu;
    /* The high bit of each byte that is 0 now, and of no other. */
    uint64_t zero = ~(((other & low) + low) | other) & ~low;
    return (uint32_t)(((zero >> 7) * 0x0102040810204080u) >> 56);
}

static uint64_t load(const char *text, size_t length) {
    uint64_t word = 0;
    memcpy(&word, text, length);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

/* Where the numbers end; false where there are not three dots with a byte before each. */
static inline bool find_ends(uint32_t dots, size_t length, uint32_t *ends) {
    uint32_t second = dots & (dots - 1), third = second & (second - 1);
    if (third == 0 || (third & (third - 1)) != 0) {
        return false;
    }
    ends[0] = (uint32_t)__builtin_ctz(dots);
    ends[1] = (uint32_t)__builtin_ctz(second);
    ends[2] = (uint32_t)__builtin_ctz(third);
    ends[3] = (uint32_t)length;
    return ends[0] != 0;
}

bool quad_read(const char *text, size_t length, uint32_t *address) {
    if (length < 7 || length > 15) {
        return false;
    }
    /* The first and the last eight bytes, which overlap; of seven, the first and last four. */
    size_t part = length >= 8 ? 8 : 4;
    uint32_t dots = dots_of_word(load(text, part)) | dots_of_word(load(text + length - part, part)) << (length - part);
    uint32_t ends[4], start = 0, result = 0, bad = 0;
    if (!find_ends(dots, length, ends)) {
        return false;
    }
    for (int i = 0; i < 4; i++) {
        /* 1 to 3 digits. Where there are others, the places below may be another number's, but they are in the text. */
        uint32_t digits = ends[i] - start, two = digits > 1, three = digits > 2, at = ends[i] - 1;
        uint32_t ones = (uint32_t)(unsigned char)text[at] - '0';
        uint32_t tens = (uint32_t)(unsigned char)text[at -= two] - '0';
        uint32_t hundreds = (uint32_t)(unsigned char)text[at - three] - '0';
        uint32_t number = ones + tens * 10 * two + hundreds * 100 * three;
        bad |= (digits - 1 > 2) | (ones > 9) | (tens > 9) | (hundreds > 9);
        /* The first of several digits is no zero. */
        bad |= (number > 255) | (number < 10 * two) | (number < 100 * three);
        result = result << 8 | (number & 0xff);
        start = ends[i] + 1;
    }
    *address = result;
    return bad == 0;
}

#ifdef QUADS_AT_ONCE

/* By the four lengths: which byte goes where, and what each number is at least, so that it has no leading zero. */
typedef struct {
    uint8_t shuffle[16];
    int32_t least[4];
} Pattern;

static Pattern patterns[81];

void quads_prepare(void) {
    for (int index = 0; index < 81; index++) {
        int start = 0, rest = index;
        for (int number = 0; number < 4; number++, rest /= 3) {
            int digits = rest % 3 + 1;
            uint8_t *bytes = patterns[index].shuffle + 4 * number;
            /* Hundreds, tens, ones, nothing; 0x80 makes a zero. */
            memset(bytes, 0x80, 4);
            for (int digit = 0; digit < digits; digit++) {
                bytes[3 - digits + digit] = (uint8_t)(start + digit);
            }
            patterns[index].least[number] = digits == 1 ? 0 : digits == 2 ? 10 : 100;
            start += digits + 1;
        }
    }
}

__attribute__((target("sse4.1"))) static inline bool quad_at_once(const char *text, size_t length, uint32_t *address) {
    if (length < 7 || length > 15) {
        return false;
    }
    /* The first and the last eight bytes, of which those that are in both are shifted out. */
    uint64_t first, last = 0;
    if (length > 8) {
        memcpy(&first, text, 8);
        memcpy(&last, text + length - 8, 8);
        last >>= 8 * (16 - length);
    } else {
        first = load(text, length);
    }
    __m128i bytes = _mm_set_epi64x((long long)last, (long long)first);
    uint32_t all = (1u << length) - 1, ends[4];
    uint32_t dots = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('.'))) & all;
    __m128i digits = _mm_sub_epi8(bytes, _mm_set1_epi8('0'));
    uint32_t others = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(digits, _mm_set1_epi8(10)), _mm_set1_epi8(10))) & all;
    if (others != dots || !find_ends(dots, length, ends)) {
        return false;
    }
    uint32_t a = ends[0] - 1, b = ends[1] - ends[0] - 2, c = ends[2] - ends[1] - 2, d = ends[3] - ends[2] - 2;
    if ((a | b | c | d) > 3 || a > 2 || b > 2 || c > 2 || d > 2) {
        return false;
    }
    const Pattern *pattern = &patterns[a + 3 * b + 9 * c + 27 * d];
    __m128i placed = _mm_shuffle_epi8(digits, _mm_loadu_si128((const __m128i *)pattern->shuffle));
    __m128i pairs = _mm_maddubs_epi16(placed, _mm_set1_epi32(0x00010a64));
    __m128i numbers = _mm_madd_epi16(pairs, _mm_set1_epi16(1));
    __m128i least = _mm_loadu_si128((const __m128i *)pattern->least);
    if (_mm_movemask_epi8(_mm_or_si128(_mm_cmpgt_epi32(numbers, _mm_set1_epi32(255)), _mm_cmplt_epi32(numbers, least))) != 0) {
        return false;
    }
    const __m128i order = _mm_set_epi32(-1, -1, -1, 0x0004080c);
    *address = (uint32_t)_mm_cvtsi128_si32(_mm_shuffle_epi8(numbers, order));
    return true;
}

__attribute__((target("sse4.1"))) static size_t read_at_once(const nameplate_text_t *texts, size_t count, uint32_t *quads,
                                                             uint16_t *others, size_t *others_count) {
    size_t read = 0, left = 0;
    for (size_t i = 0; i < count; i++) {
        if (quad_at_once(texts[i].data, texts[i].length, &quads[i])) {
            read++;
        } else {
            quads[i] = 0;
            others[left++] = (uint16_t)i;
        }
    }
    *others_count = left;
    return read;
}

#else

void quads_prepare(void) {
}

#endif

/* Reads all that are quads; the others' numbers are 0, and their places are noted. */
static size_t read_quads(const nameplate_text_t *texts, size_t count, uint32_t *quads, uint16_t *others, size_t *others_count) {
#ifdef QUADS_AT_ONCE
    if (__builtin_cpu_supports("sse4.1")) {
        return read_at_once(texts, count, quads, others, others_count);
    }
#endif
    size_t read = 0, left = 0;
    for (size_t i = 0; i < count; i++) {
        if (quad_read(texts[i].data, texts[i].length, &quads[i])) {
            read++;
        } else {
            quads[i] = 0;
            others[left++] = (uint16_t)i;
        }
    }
    *others_count = left;
    return read;
}

bool address_ids(const nameplate_snapshot_t *snapshot, const nameplate_text_t *texts, size_t count, uint32_t *ids, bool *valid) {
    uint32_t quads[BATCH];
    uint16_t places[BATCH];
    nameplate_text_t others[BATCH];
    nameplate_hit_t hits[BATCH];
    size_t others_count;
    /* Where all is IPv6, the lookups of 0.0.0.0 are spared. */
    if (read_quads(texts, count, quads, places, &others_count) > 0 &&
        nameplate_lookup_batch_v4(snapshot, quads, count, ids) != NAMEPLATE_OK) {
        return false;
    }
    memset(valid, 1, count);
    for (size_t i = 0; i < others_count; i++) {
        others[i] = texts[places[i]];
    }
    if (nameplate_lookup_batch(snapshot, others, others_count, hits) != NAMEPLATE_OK) {
        return false;
    }
    for (size_t i = 0; i < others_count; i++) {
        ids[places[i]] = hits[i].answer;
        valid[places[i]] = hits[i].kind != NAMEPLATE_INVALID;
    }
    return true;
}
