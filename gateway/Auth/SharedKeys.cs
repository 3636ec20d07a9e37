using System.Xml.Linq;
using DirectorySync.Keys.V1;
using Grpc.Core;
using Microsoft.AspNetCore.DataProtection.Repositories;

namespace DirectorySync.Gateway.Auth;

/// <summary>
/// Data Protection's keys, which identity keeps for all replicas of the gateway: a cookie that one has made the others read. The framework
/// asks for them at the start and then once a day, and cannot wait; without them nothing is protected, and everything else works.
/// </summary>
internal sealed class SharedKeys(KeyRingService.KeyRingServiceClient keys, TimeProvider time) : IXmlRepository
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public IReadOnlyCollection<XElement> GetAllElements() =>
        [.. keys.ListKeys(new(), Options()).Keys.Select(key => XElement.Parse(key.Xml))];

    public void StoreElement(XElement element, string friendlyName) => keys.AddKey(
        new() { Key = new() { Name = friendlyName, Xml = element.ToString(SaveOptions.DisableFormatting) } }, Options());

    private CallOptions Options() => new(deadline: time.GetUtcNow().UtcDateTime + Patience);
}
