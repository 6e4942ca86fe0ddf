-- The gate's second driver, for prolog-slurmctld and epilog-slurmctld: the same gate, asked in the environment that Slurm gives to
-- PrologSlurmctld and EpilogSlurmctld. Runs in a Lua interpreter of its own (5.1 to 5.4), as SlurmUser.
-- In 24.11 and 26.05 the restart count is SLURM_JOB_RESTART_COUNT there.
return function(folder, what, getenv, say)
   slurm = slurm or { SUCCESS = 0, ERROR = -1, log_info = function(...) say(string.format(...)) end }
   local mark = dofile(folder .. "/cloister_mark.lua")
   local job, comment = getenv("SLURM_JOB_ID"), getenv("SLURM_JOB_COMMENT")

   local function gate(config)
      return dofile(folder .. "/cloister_gate.lua")(config, mark)
   end

   -- Nothing is known of uids and partitions then, so it is what bears a mark that is kept from starting.
   local function broken(trouble)
      if not mark(comment) then return 0 end
      say("cloister: no placeholder can start until an administrator mends " .. trouble)
      return 1
   end

   local function ask(config)
      local info = { comment = comment, restart_cnt = getenv("SLURM_JOB_RESTART_COUNT"), nodes = getenv("SLURM_JOB_NODELIST"), partition = getenv("SLURM_JOB_PARTITION") }
      -- Where the configuration names no partitions the whole Slurm is Cloister's, and nothing but placeholders may start.
      local code, words = gate(config).pre_run(job, getenv("SLURM_JOB_UID"), info)
      if code == nil or code == slurm.SUCCESS then return 0 end
      say(words)
      return 1
   end

   local function forget(config)
      if not mark(comment) then return 0 end
      local code, words = gate(config).teardown(job)
      if code == slurm.SUCCESS then return 0 end
      say(words)
      return 1
   end

   local config, trouble = dofile(folder .. "/cloister_config.lua")(folder .. "/cloister.lua")
   if not config then return broken(trouble) end
   if config.gate_driver ~= "prolog" then return 0 end
   if what == "forget" then return forget(config) end
   return ask(config)
end
