/* Module datamaestro.api.canvas: pictures put together, and shown in terminals. Places count from 0, in
 * pixels from the upper left corner; colours are 0xRRGGBBAA. */
#include <math.h>
#include <string.h>

#include "datamaestro/bins.h"
#include "datamaestro/canvas.h"
#include "datamaestro/graphics.h"
#include "lua_util.h"
#include "tensor_handle.h"

#define CANVAS "datamaestro.canvas"
#define BUFFER "datamaestro.canvas.buffer"

enum { BINS_MAXIMUM = 1 << 16, COLOURS_LEAST = 2, COLOURS_MOST = 256 };

static struct dm_canvas *check_canvas(lua_State *L) {
  struct dm_canvas *canvas = luaL_checkudata(L, 1, CANVAS);
  luaL_argcheck(L, canvas->pixels.storage != NULL, 1, "closed canvas (open canvas expected)");
  return canvas;
}

/* canvas.new(width, height) → a transparent canvas | nil, message, code. */
static int canvas_new(lua_State *L) {
  struct dm_error err;
  lua_Integer width = luaL_checkinteger(L, 1);
  lua_Integer height = luaL_checkinteger(L, 2);
  luaL_argcheck(L, width >= 1, 1, "1 or more expected");
  luaL_argcheck(L, height >= 1, 2, "1 or more expected");
  struct dm_canvas *canvas = lua_newuserdatauv(L, sizeof *canvas, 0);
  memset(canvas, 0, sizeof *canvas);
  luaL_setmetatable(L, CANVAS);
  if (dm_canvas_open(canvas, (size_t)width, (size_t)height, &err) != 0)
    return dm_lua_fail(L, &err);
  dm_lua_tensor_account(L, &canvas->pixels);
  return 1;
}

/* canvas:close(): frees its memory; closed is fine. Also by `<close>` and by the collector. */
static int canvas_close(lua_State *L) {
  dm_canvas_close(luaL_checkudata(L, 1, CANVAS));
  return 0;
}

/* canvas:size() → width, height. */
static int canvas_size(lua_State *L) {
  const struct dm_canvas *canvas = check_canvas(L);
  lua_pushinteger(L, (lua_Integer)canvas->width);
  lua_pushinteger(L, (lua_Integer)canvas->height);
  return 2;
}

static struct dm_area check_area(lua_State *L, int index) {
  struct dm_area area = {luaL_checkinteger(L, index), luaL_checkinteger(L, index + 1),
                         luaL_checkinteger(L, index + 2), luaL_checkinteger(L, index + 3)};
  const int64_t numbers[] = {area.x, area.y, area.width, area.height};
  for (int i = 0; i < 4; i++)
    luaL_argcheck(L, numbers[i] >= INT32_MIN && numbers[i] <= INT32_MAX, index + i, "over 31 bits");
  return area;
}

/* canvas:fill(x, y, width, height, colour): paints an area. */
static int canvas_fill(lua_State *L) {
  struct dm_canvas *canvas = check_canvas(L);
  struct dm_area area = check_area(L, 2);
  dm_canvas_fill(canvas, &area, (uint32_t)luaL_checkinteger(L, 6));
  return 0;
}

/* canvas:draw(image, x, y, width, height, low, high) → true | nil, message, code: draws a tensor, h × w or h
 * × w × c (c from 1 to 4), into an area, smaller by averages or larger by repetition; low is black, high is
 * white. */
static int canvas_draw(lua_State *L) {
  struct dm_error err;
  struct dm_canvas *canvas = check_canvas(L);
  const struct dm_tensor *image = dm_lua_tensor_check(L, 2);
  struct dm_area area = check_area(L, 3);
  double low = luaL_checknumber(L, 7);
  double high = luaL_checknumber(L, 8);
  luaL_argcheck(L, isfinite(high - low) && high != low, 8, "a finite number other than low expected");
  if (dm_canvas_draw(canvas, image, &area, low, high, &err) != 0)
    return dm_lua_fail(L, &err);
  lua_pushboolean(L, 1);
  return 1;
}

/* canvas:text(x, y, text, colour, scale): writes on one line, 6 × scale pixels a character and 8 × scale
 * high; letters beyond Latin Extended-A become '?'. */
static int canvas_text(lua_State *L) {
  size_t size = 0;
  struct dm_canvas *canvas = check_canvas(L);
  lua_Integer x = luaL_checkinteger(L, 2);
  lua_Integer y = luaL_checkinteger(L, 3);
  const char *text = luaL_checklstring(L, 4, &size);
  lua_Integer colour = luaL_checkinteger(L, 5);
  lua_Integer scale = luaL_optinteger(L, 6, 1);
  luaL_argcheck(L, x >= INT32_MIN && x <= INT32_MAX, 2, "over 31 bits");
  luaL_argcheck(L, y >= INT32_MIN && y <= INT32_MAX, 3, "over 31 bits");
  luaL_argcheck(L, scale >= 1 && scale <= 1000, 6, "1 to 1000 expected");
  dm_canvas_text(canvas, x, y, text, size, (uint32_t)colour, scale);
  return 0;
}

/* canvas:tensor() → tensor of uint8, height × width × 4, that looks into the canvas. */
static int canvas_tensor(lua_State *L) {
  const struct dm_canvas *canvas = check_canvas(L);
  struct dm_tensor *tensor = dm_lua_tensor_new(L);
  luaL_argcheck(L, canvas->pixels.storage != NULL, 1, "closed by a finalizer");
  *tensor = canvas->pixels;
  (void)dm_storage_retain(tensor->storage);
  return 1;
}

static int buffer_close(lua_State *L) {
  dm_buffer_close(luaL_checkudata(L, 1, BUFFER));
  return 0;
}

/* Pushes an empty buffer, freed whatever happens. */
static struct dm_buffer *new_buffer(lua_State *L) {
  struct dm_buffer *buffer = lua_newuserdatauv(L, sizeof *buffer, 0);
  *buffer = (struct dm_buffer){.bytes = NULL};
  luaL_setmetatable(L, BUFFER);
  return buffer;
}

/* Pushes a buffer's content; it is empty then. */
static int push_content(lua_State *L, struct dm_buffer *buffer) {
  struct dm_error err;
  if (dm_buffer_check(buffer, &err) != 0)
    return dm_lua_fail(L, &err);
  lua_pushlstring(L, buffer->bytes != NULL ? buffer->bytes : "", buffer->size);
  dm_buffer_close(buffer);
  return 1;
}

/* canvas:blocks(colours, unicode, light) → text | nil, message, code: a character for each pixel of the width
 * and each two of the height, in lines. colours is "none", "256" or "true"; unicode whether half blocks may
 * be used; light whether, without colours, the ground is light. */
static int canvas_blocks(lua_State *L) {
  static const char *const names[] = {"none", "256", "true", NULL};
  lua_settop(L, 4);
  struct dm_buffer *buffer = new_buffer(L);
  const struct dm_canvas *canvas = check_canvas(L);
  struct dm_blocks_options options = {(enum dm_colours)luaL_checkoption(L, 2, NULL, names),
                                      lua_toboolean(L, 3) != 0, lua_toboolean(L, 4) != 0};
  dm_graphics_blocks(buffer, canvas, &options);
  return push_content(L, buffer);
}

/* canvas:sixel(colours) → text | nil, message, code: with up to that many colours, 2 to 256. */
static int canvas_sixel(lua_State *L) {
  struct dm_error err;
  lua_Integer colours = luaL_checkinteger(L, 2);
  luaL_argcheck(L, colours >= COLOURS_LEAST && colours <= COLOURS_MOST, 2, "2 to 256 expected");
  struct dm_buffer *buffer = new_buffer(L);
  if (dm_graphics_sixel(buffer, check_canvas(L), (int)colours, &err) != 0)
    return dm_lua_fail(L, &err);
  return push_content(L, buffer);
}

/* canvas.kitty(png) → text | nil, message, code: a PNG file's bytes as commands of Kitty's protocol. */
static int canvas_kitty(lua_State *L) {
  size_t size = 0;
  const char *png = luaL_checklstring(L, 1, &size);
  struct dm_buffer *buffer = new_buffer(L);
  dm_graphics_kitty(buffer, (const unsigned char *)png, size);
  return push_content(L, buffer);
}

/* canvas.base64(bytes) → text | nil, message, code. */
static int canvas_base64(lua_State *L) {
  size_t size = 0;
  const char *bytes = luaL_checklstring(L, 1, &size);
  struct dm_buffer *buffer = new_buffer(L);
  dm_graphics_base64(buffer, (const unsigned char *)bytes, size);
  return push_content(L, buffer);
}

/* canvas.bins(tensor, low, high, count) → array of integers: how many values lie in each of `count` bins of
 * equal width from low to high; those outside, and NaN, are not counted. */
static int canvas_bins(lua_State *L) {
  (void)dm_lua_tensor_check(L, 1);
  double low = luaL_checknumber(L, 2);
  double high = luaL_checknumber(L, 3);
  lua_Integer count = luaL_checkinteger(L, 4);
  luaL_argcheck(L, isfinite(high - low) && low < high, 3, "a finite number above low expected");
  luaL_argcheck(L, count >= 1 && count <= BINS_MAXIMUM, 4, "1 to 65536 expected");
  uint64_t *bins = lua_newuserdatauv(L, (size_t)count * sizeof *bins, 0);
  lua_createtable(L, (int)count, 0);
  dm_bins_count(dm_lua_tensor_check(L, 1), low, high, bins, (size_t)count);
  for (lua_Integer i = 0; i < count; i++) {
    lua_pushinteger(L, (lua_Integer)bins[i]);
    lua_rawseti(L, -2, i + 1);
  }
  return 1;
}

DM_LUA_MODULE int luaopen_datamaestro_api_canvas(lua_State *L);

int luaopen_datamaestro_api_canvas(lua_State *L) {
  static const luaL_Reg functions[] = {{"new", canvas_new},
                                       {"kitty", canvas_kitty},
                                       {"base64", canvas_base64},
                                       {"bins", canvas_bins},
                                       {NULL, NULL}};
  static const luaL_Reg methods[] = {
      {"size", canvas_size},   {"fill", canvas_fill},     {"draw", canvas_draw},
      {"text", canvas_text},   {"tensor", canvas_tensor}, {"blocks", canvas_blocks},
      {"sixel", canvas_sixel}, {"close", canvas_close},   {NULL, NULL}};
  static const luaL_Reg metamethods[] = {{"__gc", canvas_close}, {"__close", canvas_close}, {NULL, NULL}};
  static const luaL_Reg freeing[] = {{"__gc", buffer_close}, {NULL, NULL}};
  dm_lua_class(L, CANVAS, metamethods, methods);
  dm_lua_class(L, BUFFER, freeing, NULL);
  lua_getglobal(L, "require"); /* the metatable of tensors is made there */
  lua_pushliteral(L, "datamaestro.api.tensor");
  lua_call(L, 1, 0);
  luaL_newlib(L, functions);
  return 1;
}
