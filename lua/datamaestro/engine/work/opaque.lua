--- Objects that engine code gives to functions of strangers: methods, and nothing to take apart or to change.
-- They work only in the coroutine that they were made for, and only for as long as it runs.
local guess = require "datamaestro.guess"
local sandbox = require "datamaestro.api.sandbox"

local opaque = {}

local states = setmetatable({}, { __mode = "k" }) -- object → the state that its methods work on

--- The state of an object.
-- @param object any
-- @param class table: of opaque.class
-- @return table | nil: nil for what is no object of the class
function opaque.state(object, class)
  local state = states[object]
  return state and state.class == class and state or nil
end

-- Errors are raised without a place: the sandbox puts the nearest line of the script there.
local function bind(class, name, method)
  return sandbox.anchor(function(object, ...)
    local state = opaque.state(object, class)
    if not state then
      error(("%s:%s: called with '.' (%s:%s(…) expected)"):format(class.label, name, class.label, name), 0)
    elseif coroutine.running() ~= state.job.session.thread then
      error(("%s:%s: outside of its function (it works only while the function of 'custom' runs)"):format(
        class.label, name), 0)
    end
    sandbox.renew()
    return method(state, ...)
  end)
end

local function look_up(class)
  return function(_, name)
    local method = class.methods[name]
    if not method then
      local expected = (" (%s expected)"):format(table.concat(class.names, ", "))
      error(("%s has no '%s'%s"):format(class.label, tostring(name), guess.hint(name, class.names, expected)),
        0)
    end
    return method
  end
end

--- Makes a class.
-- @param label string: what messages call its objects
-- @param methods table: name → function(state, …)
-- @return class, for opaque.new, with `names` (array) and `plain` (the methods as they were given)
function opaque.class(label, methods)
  local class = { label = label, plain = methods, methods = {}, names = {} }
  for name, method in pairs(methods) do
    class.methods[name] = bind(class, name, method)
    class.names[#class.names + 1] = name
  end
  table.sort(class.names)
  class.metatable = {
    __name = label, __metatable = false, __index = look_up(class),
    __newindex = function()
      error(("'%s' cannot be changed"):format(label), 0)
    end,
  }
  return class
end

--- Makes an object.
-- @param class table: of opaque.class
-- @param state table: with `job`, whose session's coroutine may use it; gets `object`
-- @return object
function opaque.new(class, state)
  local object = setmetatable({}, class.metatable)
  state.class, state.object = class, object
  states[object] = state
  return object
end

return opaque
