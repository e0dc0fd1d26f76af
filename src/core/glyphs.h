/* Inside the canvas core: the shapes of characters. */
#ifndef DATAMAESTRO_GLYPHS_H
#define DATAMAESTRO_GLYPHS_H

#include <stdbool.h>
#include <stdint.h>

enum { DM_GLYPH_ROWS = 8, DM_GLYPH_COLUMNS = 5, DM_GLYPH_FIRST = ' ', DM_GLYPH_LAST = '~' };

/* ASCII. Rows from the top, the last one for what hangs below the line; in each, bit 4 is the leftmost pixel.
 */
extern const uint8_t dm_glyphs[DM_GLYPH_LAST - DM_GLYPH_FIRST + 1][DM_GLYPH_ROWS];

/* Draws the character `code` into `rows`: ASCII, and the letters and signs of Latin-1 and Latin Extended-A,
 * put together of a letter and its marks; quotes, dashes and the like too. False where it has none: then a
 * '?'. */
bool dm_glyph_draw(uint32_t code, uint8_t rows[DM_GLYPH_ROWS]);

#endif
