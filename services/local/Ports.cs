using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace DirectorySync.Local;

/// <summary>Ports of this machine: which are free, which are taken.</summary>
internal static partial class Ports
{
    private static readonly Lock Gate = new();
    private static readonly HashSet<int> Given = [];

    /// <summary>A port that is free now and was not given to anyone else in this process.</summary>
    public static int Free()
    {
        lock (Gate)
        {
            while (true)
            {
                using var listener = new TcpListener(IPAddress.Loopback, 0);
                listener.Start();
                var port = ((IPEndPoint)listener.LocalEndpoint).Port;
                if (Given.Add(port))
                {
                    return port;
                }
            }
        }
    }

    /// <exception cref="CannotRunException">Something listens there already.</exception>
    public static void Require(int port, string what, string variable)
    {
        if (IsTaken(port))
        {
            throw new CannotRunException(string.Create(CultureInfo.InvariantCulture,
                $"Port {port}, meant for {what}, is taken by another program{Holder(port)}. Stop it, or choose another port: {variable}={port + 1000} make run"));
        }
    }

    private static string Holder(int port)
    {
        if (Command.Find("ss") is not { } ss)
        {
            return "";
        }

        var listing = Process.Start(new ProcessStartInfo(ss, ["-Hltnp", $"sport = :{port.ToString(CultureInfo.InvariantCulture)}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!.StandardOutput.ReadToEnd();
        return HolderName().Match(listing) is { Success: true } match ? $" ({match.Groups[1].Value}, process {match.Groups[2].Value})" : "";
    }

    public static bool IsTaken(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return false;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
        {
            return true;
        }
    }

    [GeneratedRegex("\"([^\"]+)\",pid=(\\d+)")]
    private static partial Regex HolderName();
}
