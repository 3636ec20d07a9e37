using System.Globalization;
using DirectorySync.Load.EventsBench;
using DirectorySync.Load.GroupBench;
using DirectorySync.Load.PipelineBench;
using DirectorySync.Load.ScimBench;
using DirectorySync.Load.SizingBench;

// Ends with 1 if a ratio that must be reached is not.
const int Users = 20_000;
switch (args)
{
    case []:
        var reached = await GroupBenchmark.RunAsync();
        reached &= await PipelineBenchmark.RunAsync("");
        reached &= await EventsBenchmark.RunAsync("", 0);
        return await ScimBenchmark.RunAsync(Users) && reached ? 0 : 1;
    case ["groups"]:
        return await GroupBenchmark.RunAsync() ? 0 : 1;
    case ["scim", .. var rest]:
        return await ScimBenchmark.RunAsync(rest is [var users] ? Number(users) : Users) ? 0 : 1;
    case ["pipeline"] or ["pipeline", "latency" or "catch-up" or "remap"]:
        return await PipelineBenchmark.RunAsync(args.ElementAtOrDefault(1) ?? "") ? 0 : 1;
    case ["events", "latency" or "log" or "slow", .. var rest]:
        return await EventsBenchmark.RunAsync(args[1], rest is [var amount] ? Number(amount) : 0) ? 0 : 1;
    case ["events", .. var rest]:
        return await EventsBenchmark.RunAsync("", rest is [var events] ? Number(events) : 0) ? 0 : 1;
    case ["sizing", .. var rest]:
        await SizingBenchmark.RunAsync(rest is [var created] ? Number(created) : Users);
        return 0;
    // The processes of limit A.
    case ["bare-service", var port]:
        await BareService.RunAsync(Number(port));
        return 0;
    case ["bare-gateway", var port, var identity, var groups]:
        await BareGateway.RunAsync(Number(port), Number(identity), Number(groups));
        return 0;
    default:
        Console.Error.WriteLine("Which benchmark? groups, scim [users], pipeline [latency | catch-up | remap], events [latency [seconds] | slow [seconds] | log [events]], sizing [users], or nothing for all");
        return 2;
}

static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
