local tensor = require "datamaestro.api.tensor"
local tensors = require "spec.support.tensors"

local assert_raises, counting, elements, method, pack_native =
  tensors.assert_raises, tensors.counting, tensors.elements, tensors.method, tensors.pack_native

describe("a view", function()
  local t

  before_each(function()
    t = counting("int32", 4, 5, 6)
  end)

  it("by narrow has a part of a dimension", function()
    local view = t:narrow(2, 3, 2)
    assert.are.same({ 4, 2, 6 }, { view:shape() })
    assert.are.equal(t:get(2, 4, 5), view:get(2, 2, 5))
    assert.are.same({ 4, 0, 6 }, { t:narrow(2, 6, 0):shape() })
    assert_raises("bad argument #2 to 'narrow' (start 7 (1 to 6 expected))", method(t, "narrow", 2, 7, 0))
    assert_raises("bad argument #2 to 'narrow' (start 0 (1 to 6 expected))", method(t, "narrow", 2, 0, 1))
    assert_raises("bad argument #3 to 'narrow' (length 4 (0 to 3 expected))", method(t, "narrow", 2, 3, 4))
    assert_raises("bad argument #3 to 'narrow' (length -1 (0 to 3 expected))", method(t, "narrow", 2, 3, -1))
    assert_raises(("bad argument #3 to 'narrow' (length %d (0 to 3 expected))"):format(math.maxinteger),
      method(t, "narrow", 2, 3, math.maxinteger))
  end)

  it("by select has one dimension less, and is a number at last", function()
    assert.are.same({ 4, 6 }, { t:select(2, 5):shape() })
    assert.are.equal(t:get(3, 5, 6), t:select(2, 5):get(3, 6))
    assert.are.equal(t:get(3, 5, 6), t:select(2, 5):select(2, 6):select(1, 3))
    assert_raises("bad argument #2 to 'select' (index 6 (1 to 5 expected))", method(t, "select", 2, 6))
  end)

  it("by transpose has two dimensions exchanged", function()
    local view = t:transpose(1, 3)
    assert.are.same({ 6, 5, 4 }, { view:shape() })
    assert.are.equal(t:get(2, 3, 4), view:get(4, 3, 2))
    assert.is_true(t == view:transpose(3, 1))
    assert.are.same({ { 0, 3 }, { 1, 4 }, { 2, 5 } }, counting("uint8", 2, 3):transpose():tolist())
    assert_raises("bad argument #1 to 'transpose' (number expected, got no value)", method(t, "transpose"))
  end)

  it("by reshape has the same elements in order", function()
    assert.are.same(elements(t), elements(t:reshape(2, 3, 20)))
    assert.are.same({ 8, 15 }, { t:reshape(8, -1):shape() })
    assert.are.same({ 1, 120, 1 }, { t:reshape(1, -1, 1):shape() })
    assert.are.same({ 4, 5, 2, 3 }, { t:narrow(1, 1, 4):reshape(4, 5, 2, 3):shape() })
    assert.are.same({ 0, 7 }, { t:narrow(1, 1, 0):reshape(0, 7):shape() })
  end)

  it("by reshape exists wherever the strides allow it", function()
    local part = t:narrow(2, 2, 3) -- 4 × 3 × 6, of which the last two are dense
    assert.are.same(elements(part), elements(part:reshape(2, 2, 18)))
    assert.are.same(elements(part), elements(part:reshape(4, 9, 2)))
    assert.are.same(elements(part), elements(part:reshape(2, 1, 2, 3, 3, 2)))
    local turned = t:transpose(1, 2)
    assert.are.same(elements(turned), elements(turned:reshape(5, 2, 2, 3, 2)))
  end)

  it("by reshape is refused where the strides do not allow it, with the way out", function()
    local part = t:narrow(2, 2, 3)
    assert_raises("reshape: 72 is no view of these strides (call :contiguous() first)",
      method(part, "reshape", -1))
    assert_raises("reshape: 8 × 9 is no view of these strides (call :contiguous() first)",
      function() t:transpose(1, 2):narrow(1, 1, 3):reshape(8, 9) end)
    assert.are.same(elements(part), elements(part:contiguous():reshape(-1)))
  end)

  it("by reshape is refused where the number of elements differs", function()
    assert_raises("reshape: 7 × 17 (120 elements expected)", method(t, "reshape", 7, 17))
    assert_raises("reshape: -1 beside 7 elements (a divisor of 120 expected)", method(t, "reshape", 7, -1))
    assert_raises("reshape: -1 beside 0 elements (a divisor of 0 expected)",
      function() t:narrow(1, 1, 0):reshape(0, -1) end)
    assert_raises("reshape: size -1 (sizes from 0 on and one -1 expected)", method(t, "reshape", -1, -1))
    assert_raises("reshape: size -2 (sizes from 0 on and one -1 expected)", method(t, "reshape", -2, 60))
    assert_raises("reshape: sizes of more than 2^64 elements (120 expected)",
      method(t, "reshape", 1 << 62, 1 << 62))
    assert_raises("reshape: 0 dimensions (1 to 8 expected)", method(t, "reshape"))
    assert_raises("reshape: 9 dimensions (1 to 8 expected)",
      method(t, "reshape", 120, 1, 1, 1, 1, 1, 1, 1, 1))
  end)

  it("is contiguous where its elements lie in order without gaps", function()
    assert.is_true(t:is_contiguous())
    assert.is_true(t[2]:is_contiguous())
    assert.is_true(t:narrow(1, 2, 2):is_contiguous())
    assert.is_true(t:narrow(2, 1, 1):narrow(1, 1, 1):is_contiguous())
    assert.is_false(t:narrow(2, 1, 2):is_contiguous())
    assert.is_false(t:transpose(1, 2):is_contiguous())
    assert.is_true(rawequal(t, t:contiguous()))
    assert.is_true(t:transpose(1, 2):contiguous():is_contiguous())
  end)

  it("of views of views reads the right elements in every way", function()
    local random = 12345
    local function draw(n)
      random = (random * 1103515245 + 12345) & 0x7fffffff
      return (random >> 8) % n + 1
    end
    for dtype in pairs(tensors.formats) do
      local view = counting(dtype, 3, 4, 2, 5):copy()
      for _ = 1, 12 do
        local dim = draw(view:dim())
        local kind = draw(4)
        if kind == 1 then
          view = view:transpose(dim, draw(view:dim()))
        elseif kind == 2 and view:size(dim) > 1 then
          local start = draw(view:size(dim) - 1)
          view = view:narrow(dim, start, view:size(dim) - start)
        elseif kind == 3 and view:dim() > 2 then
          view = view:select(dim, draw(view:size(dim)))
        end
        local want, sum = elements(view), 0
        for _, value in ipairs(want) do
          sum = sum + value
        end
        assert.are.equal(pack_native(dtype, want), view:bytes())
        assert.are.equal(pack_native("float64", want), view:bytes "float64")
        assert.are.equal(sum, view:sum())
        assert.are.equal(math.max(table.unpack(want)), view:max())
        assert.are.equal(math.min(table.unpack(want)), view:min())
        assert.is_true(view == view:copy())
        assert.are.same(want, elements(view:contiguous()))
      end
    end
  end)

  it("copies nothing", function()
    local base = assert(tensor.from("uint8", { 1000, 1000 }, ("x"):rep(1000000)))
    collectgarbage()
    local before = collectgarbage "count"
    local view = base
    for _ = 1, 100 do
      view = view:transpose():narrow(1, 1, 900):narrow(2, 1, 900)
      view = view:narrow(1, 1, #view)
    end
    assert.are.equal(810000, view:numel())
    assert.is_true(collectgarbage "count" - before < 200)
  end)

  it("stays valid after its parents are dropped and collected", function()
    local row = assert(tensor.from("int64", { 2, 3 }, { 1, 2, 3, 4, 5, 6 })):transpose():narrow(1, 2, 2)[2]
    collectgarbage()
    collectgarbage()
    assert.are.same({ 3, 6 }, row:tolist())
  end)

  it("stays valid after its parent is closed, which then is of no use", function()
    local row = t[2]
    t:close()
    t:close()
    assert.are.equal(30, row[1][1])
    assert.are.equal("tensor<closed>", tostring(t))
    assert.is_false(t == row)
  end)
end)

describe("tensors and the collector", function()
  it("get along when it runs between all steps and whenever memory is asked for", function()
    local function step(value)
      collectgarbage()
      return value
    end
    collectgarbage("incremental", 0, 1000, 0)
    for _ = 1, 3 do
      local t = step(counting("int16", 4, 5, 6))
      local view = step(step(step(t:transpose(1, 3)):narrow(2, 2, 3)):select(2, 1))
      t = step(nil)
      assert.is_nil(t)
      assert.are.same({ 6, 4 }, { step(view):shape() })
      assert.are.equal(step(view:copy()):sum(), step(view):sum())
      assert.are.equal(step(view:bytes()), step(step(view:contiguous()):reshape(-1)):bytes())
      assert.are.equal(#step(view:tolist()), #step(view))
      step(tostring(view))
      for _, row in view:iterate() do
        step(row:sum())
      end
      for _, row in ipairs(view) do
        step(row:sum())
      end
    end
    collectgarbage("incremental", 200, 100, 13)
  end)

  it("free memory outside Lua before it piles up", function()
    local t = tensor.from("uint8", { 1000, 1000 }, ("x"):rep(1000000))
    local copies = setmetatable({}, { __mode = "v" })
    local most = 0
    for i = 1, 50 do
      copies[i] = t:copy "float64" -- 8 MB each, of which the collector sees a hundred bytes
      local alive = 0
      for _ in pairs(copies) do
        alive = alive + 1
      end
      most = math.max(most, alive)
    end
    assert.is_true(most < 10, most .. " copies at a time")
  end)

  it("survive finalizers that close a tensor while it is read", function()
    for _, name in ipairs { "tolist", "bytes", "copy", "transpose", "contiguous" } do
      local t = counting("int32", 30, 40):transpose()
      collectgarbage()
      collectgarbage("incremental", 0, 1000, 0)
      setmetatable({}, { __gc = function() t:close() end })
      for _ = 1, 100000 do
        if not pcall(t[name], t) then
          break
        end
      end
      collectgarbage("incremental", 200, 100, 13)
      assert.are.equal("tensor<closed>", tostring(t), name)
    end
  end)

  it("leave nothing behind where a call raises", function()
    for _ = 1, 100 do
      pcall(tensor.from, "uint8", 2, { 1, 256 })
      pcall(tensor.from, "uint8", { 1000, 1000 }, { {} })
      local t = counting("int32", 3)
      pcall(t.reshape, t, 7)
      pcall(t.bytes, t, "nosuch")
      t:narrow(1, 1, 0)
    end
  end)
end)
