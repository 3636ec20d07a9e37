using System.Globalization;
using DirectorySync.Load;
using DirectorySync.Load.GroupBench;

// Ends with 1 if a ratio that must be reached is not.
const int Users = 20_000;
switch (args)
{
    case []:
        var reached = await GroupBenchmark.RunAsync();
        await GatewayBench.RunAsync(Users);
        return reached ? 0 : 1;
    case ["groups"]:
        return await GroupBenchmark.RunAsync() ? 0 : 1;
    case ["gateway", .. var rest]:
        await GatewayBench.RunAsync(rest is [var users] ? int.Parse(users, CultureInfo.InvariantCulture) : Users);
        return 0;
    default:
        Console.Error.WriteLine("Which benchmark? groups, gateway [users], or nothing for all");
        return 2;
}
