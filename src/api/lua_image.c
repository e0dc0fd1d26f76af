/* Module datamaestro.api.image: PNG and JPEG files as tensors, tensors as PNG. Images are h × w or h × w × c.
 */
#include <stdlib.h>
#include <string.h>

#include "datamaestro/image.h"
#include "lua_util.h"
#include "tensor_handle.h"

/* The option `pixels` of the table at argument `index`, which may be nil. */
static size_t check_pixels(lua_State *L, int index) {
  if (lua_isnoneornil(L, index))
    return DM_IMAGE_PIXELS_MAXIMUM;
  luaL_checktype(L, index, LUA_TTABLE);
  lua_Integer pixels = dm_lua_field_integer(L, index, "pixels", DM_IMAGE_PIXELS_MAXIMUM);
  if (pixels < 1)
    luaL_error(L, "field 'pixels': %I (1 or more expected)", pixels);
  return (size_t)pixels;
}

/* image.load(path, {pixels = n}|nil) → tensor | nil, message, code: a PNG or JPEG file as uint8, a PNG of 16
 * bits a sample as int32. An image of more than `pixels` pixels (by default 2^27) or sides above 65535, and
 * what is not a whole image, is "format"; a missing file is "unknown". */
static int image_load(lua_State *L) {
  struct dm_error err = {.code = DM_ERROR};
  const char *path = luaL_checkstring(L, 1);
  size_t pixels = check_pixels(L, 2);
  struct dm_tensor *image = dm_lua_tensor_new(L);
  if (dm_image_load(image, path, pixels, &err) != 0)
    return dm_lua_fail(L, &err);
  dm_lua_tensor_account(L, image);
  return 1;
}

/* image.decode(bytes, subject, {pixels = n}|nil) → tensor | nil, message, code: the same for a file's bytes
 * in a string, which messages call `subject`. */
static int image_decode(lua_State *L) {
  struct dm_error err = {.code = DM_ERROR};
  size_t size = 0;
  const char *bytes = luaL_checklstring(L, 1, &size);
  const char *subject = luaL_checkstring(L, 2);
  size_t pixels = check_pixels(L, 3);
  struct dm_tensor *image = dm_lua_tensor_new(L);
  if (dm_image_decode(image, (const unsigned char *)bytes, size, pixels, subject, &err) != 0)
    return dm_lua_fail(L, &err);
  dm_lua_tensor_account(L, image);
  return 1;
}

/* image.png(tensor) → the bytes of a PNG file | nil, message, code: a uint8 tensor, h × w or h × w × c with c
 * from 1 to 4 (grey; grey, opacity; red, green, blue; those, opacity). Another one is "usage". */
static int image_png(lua_State *L) {
  struct dm_error err;
  luaL_Buffer buffer;
  unsigned char *bytes = NULL;
  size_t size = 0;
  if (dm_png_encode(&bytes, &size, dm_lua_tensor_check(L, 1), &err) != 0)
    return dm_lua_fail(L, &err);
  char *out = luaL_buffinitsize(L, &buffer, size); /* an error here, for want of memory, leaks the bytes */
  memcpy(out, bytes, size);
  free(bytes);
  luaL_pushresultsize(&buffer, size);
  return 1;
}

DM_LUA_MODULE int luaopen_datamaestro_api_image(lua_State *L);

int luaopen_datamaestro_api_image(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"load", image_load}, {"decode", image_decode}, {"png", image_png}, {NULL, NULL}};
  lua_getglobal(L, "require"); /* the handles' metatable is made there */
  lua_pushliteral(L, "datamaestro.api.tensor");
  lua_call(L, 1, 0);
  luaL_newlib(L, functions);
  return 1;
}
