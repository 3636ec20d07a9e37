using System.Globalization;
using DirectorySync.Load;

switch (args)
{
    case ["gateway", .. var rest]:
        await GatewayBench.RunAsync(rest is [var users] ? int.Parse(users, CultureInfo.InvariantCulture) : 20_000);
        return 0;
    default:
        Console.Error.WriteLine("Which benchmark? gateway [users]");
        return 2;
}
