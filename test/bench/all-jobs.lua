-- For wrk: asks for every job of the model in turn.
local jobs = tonumber(os.getenv("BENCH_JOBS"))
local index = 0
request = function()
  index = (index + 1) % jobs
  return wrk.format("GET", "/api/v1/model-" .. index .. "/")
end
