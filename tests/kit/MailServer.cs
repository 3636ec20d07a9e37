using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using DirectorySync.Local;

namespace DirectorySync.Kit;

/// <summary>A message that the mail server took, or refused to say anything about.</summary>
/// <param name="From">The envelope's sender.</param>
/// <param name="To">The envelope's recipient.</param>
/// <param name="Secure">It came by TLS.</param>
/// <param name="User">Who authenticated.</param>
/// <param name="Raw">The message as it came.</param>
/// <param name="Time">When.</param>
public sealed record ReceivedMail(string From, string To, bool Secure, string User, byte[] Raw, DateTimeOffset Time);

/// <summary>A real SMTP server (mail-server/server.cjs) with TLS and authentication, in a process of its own.</summary>
public sealed class MailServer : IAsyncDisposable
{
    private static readonly string Source = Path.Combine(Repository.Root, "tests", "kit", "mail-server");
    private static readonly SemaphoreSlim Installing = new(1);

    private readonly Process process;
    private readonly string folder;
    private readonly ConcurrentQueue<ReceivedMail> mails = new();

    private MailServer(Process process, string folder) => (this.process, this.folder) = (process, folder);

    public int Port { get; private set; }

    /// <summary>What senders have to trust.</summary>
    public string Certificate => Path.Combine(folder, "certificate.pem");

    public IReadOnlyList<ReceivedMail> Mails => [.. mails];

    /// <summary>Settings of a service that sends through it.</summary>
    public IReadOnlyDictionary<string, string> Settings => new Dictionary<string, string>
    {
        ["Mail:Host"] = "127.0.0.1", ["Mail:Port"] = $"{Port}", ["Mail:UserName"] = "sender", ["Mail:Password"] = "secret",
        ["Mail:TrustedCertificate"] = Certificate, ["Mail:From"] = "Acme <no-reply@acme.com>",
    };

    public static async Task<MailServer> StartAsync()
    {
        await InstallAsync();
        var folder = TestRunServers.NewFolder();
        WriteCertificate(folder);
        var process = Process.Start(new ProcessStartInfo(
            "node", [Path.Combine(Source, "server.cjs"), Path.Combine(folder, "certificate.pem"), Path.Combine(folder, "key.pem"), "sender", "secret"])
        {
            // It ends when its input does: with this process, however that ends.
            RedirectStandardInput = true, RedirectStandardOutput = true,
        })!;
        var server = new MailServer(process, folder);
        var first = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The mail server did not start.");
        server.Port = JsonDocument.Parse(first).RootElement.GetProperty("port").GetInt32();
        _ = server.ReadAsync();
        return server;
    }

    /// <summary>Those to an address.</summary>
    public IReadOnlyList<ReceivedMail> To(string address) => [.. mails.Where(mail => mail.To == address)];

    public async ValueTask DisposeAsync()
    {
        process.StandardInput.Close();
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private async Task ReadAsync()
    {
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            var json = JsonDocument.Parse(line).RootElement;
            mails.Enqueue(new(
                json.GetProperty("from").GetString()!, json.GetProperty("to")[0].GetString()!, json.GetProperty("secure").GetBoolean(),
                json.GetProperty("user").GetString()!, json.GetProperty("raw").GetBytesFromBase64(), DateTimeOffset.UtcNow));
        }
    }

    private static void WriteCertificate(string folder)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        File.WriteAllText(Path.Combine(folder, "certificate.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(folder, "key.pem"), key.ExportPkcs8PrivateKeyPem());
    }

    private static async Task InstallAsync()
    {
        await Installing.WaitAsync();
        try
        {
            if (File.Exists(Path.Combine(Source, "node_modules", ".package-lock.json")))
            {
                return;
            }

            using var npm = Process.Start(new ProcessStartInfo("npm", ["ci", "--ignore-scripts", "--no-progress", "--loglevel=error"])
            {
                WorkingDirectory = Source, RedirectStandardOutput = true, RedirectStandardError = true,
            })!;
            var (output, errors) = (npm.StandardOutput.ReadToEndAsync(), npm.StandardError.ReadToEndAsync());
            await npm.WaitForExitAsync();
            if (npm.ExitCode != 0)
            {
                throw new InvalidOperationException($"npm ci failed. {await output} {await errors}");
            }
        }
        finally
        {
            Installing.Release();
        }
    }
}
