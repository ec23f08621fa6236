using ILGPU;
using ILGPU.Runtime;
using MoeGen.Engine;
using MoeGen.Experts.Cache;
using MoeGen.Gpu.Kernels;

namespace MoeGen.Gpu;

/// <summary>The routed experts of one sparse layer, in slots on the device.</summary>
/// <typeparam name="TExpert">What lies where in an expert.</typeparam>
/// <typeparam name="TUp">Kernels of up_proj, and of gate_proj.</typeparam>
/// <typeparam name="TDown">Kernels of down_proj.</typeparam>
public sealed class ExpertList<TExpert, TUp, TDown>
    where TExpert : struct, IGpuExpert
    where TUp : struct, IGpuMatrix
    where TDown : struct, IGpuMatrix
{
    private const long NotThere = -1;

    private readonly GpuDevice _device;
    private readonly ExpertCache _cache;
    private readonly DeviceSlots _slots;
    private readonly MemoryBuffer1D<long, Stride1D.Dense> _places; // [experts] first word of each; below 0: not in the running wave
    private readonly long[] _hostPlaces; // [experts] the same in host memory
    private readonly int _layer;
    private bool _isOfWave; // the places are those of a wave

    internal ExpertList(GpuDevice device, ExpertCache cache, DeviceSlots slots, int layer)
    {
        _device = device;
        _cache = cache;
        _slots = slots;
        _layer = layer;
        _hostPlaces = new long[cache.Grid.NumExperts];
        _places = slots.AllocatePlaces(_hostPlaces.Length);
        _isOfWave = true;
    }

    /// <inheritdoc cref="MoeGen.Experts.ExpertList{TExpert, TUp, TDown, TFormat}.NextWave"/>
    public bool NextWave(ForwardPass pass, Worker worker)
    {
        if (_cache.Wave.IsLast)
        {
            return false;
        }

        // slots of this wave may be given to other experts now, so kernels must be through with them
        _device.Synchronize();
        _cache.NextWave(pass.Cancellation);
        return true;
    }

    /// <summary>Begins a wave: says where its experts are.</summary>
    /// <param name="routing">The choices.</param>
    internal void StartWave(Routing routing)
    {
        if (!routing.IsOnDevice)
        {
            FillWithWave();
        }
        else if (_isOfWave)
        {
            FillWithAll();
        }
    }

    /// <summary>What kernels see of the choices: all of them, or those of the wave that has begun.</summary>
    /// <param name="routing">The choices.</param>
    internal Choices Choices(Routing routing) => new()
    {
        Ids = routing.Ids,
        Weights = routing.Weights,
        Places = _places.View,
        Arena = _slots.Words,
        Floats = _slots.Floats,
    };

    private void FillWithWave()
    {
        Array.Fill(_hostPlaces, NotThere);
        ExpertWave wave = _cache.Wave;
        for (int i = 0; i < wave.Count; i++)
        {
            _hostPlaces[wave.ExpertAt(i)] = _slots.PlaceOf(wave.SlotAt(i));
        }

        Upload();
        _isOfWave = true;
    }

    private void FillWithAll()
    {
        for (int expert = 0; expert < _hostPlaces.Length; expert++)
        {
            _hostPlaces[expert] = _slots.PlaceOf(_cache.SlotOf(_layer, expert));
        }

        Upload();
        _isOfWave = false;
    }

    private void Upload() => _places.View.BaseView.CopyFromCPU(_device.Stream, ref _hostPlaces[0], _hostPlaces.Length);
}
