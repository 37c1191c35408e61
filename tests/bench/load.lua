-- What wrk sends: the requests of a file, one a line, made ready before the first is sent. A line is
-- `METHOD PATH`, and after a blank the JSON body if there is one. Each thread begins at another
-- line, and answers with errors are counted by wrk itself. With a pause in milliseconds, each connection
-- waits between its requests, that long on average; with a tag, every GET is for what has changed since.

local requests = {}
local place = 0
local threads = 0

function setup(thread)
  thread:set("start", threads)
  threads = threads + 1
end

function init(arguments)
  local headers = { ["Authorization"] = "Bearer " .. arguments[2], ["Content-Type"] = "application/json" }
  local reading = { ["Authorization"] = "Bearer " .. arguments[2] }
  if arguments[4] ~= "" then
    reading["If-None-Match"] = arguments[4]
  end
  local pause = tonumber(arguments[3])
  if pause > 0 then
    -- wrk asks for it only where there is such a function.
    function delay()
      return math.random(0, math.floor(2 * pause))
    end
  end
  for line in io.lines(arguments[1]) do
    local method, path, body = line:match("^(%u+) (%S+) ?(.*)$")
    if body == "" then
      requests[#requests + 1] = wrk.format(method, path, reading)
    else
      requests[#requests + 1] = wrk.format(method, path, headers, body)
    end
  end
  place = math.floor(#requests * (start % 7) / 7)
end

function request()
  place = place % #requests + 1
  return requests[place]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"microseconds":%d,"bytes":%d,"p50":%d,"p90":%d,"p99":%d,"max":%d,"refused":%d,"broken":%d}\n',
    summary.requests, summary.duration, summary.bytes, latency:percentile(50), latency:percentile(90),
    latency:percentile(99), latency.max, errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
