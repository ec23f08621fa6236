using System.Diagnostics;
using MoeGen.Experts.Eviction;
using MoeGen.Experts.Selection;

namespace MoeGen.Experts.Cache;

/// <content>What a selection asks for that says which experts are in memory.</content>
internal sealed unsafe partial class ExpertCache : IExpertSwaps
{
    private const double StepWeight = 1.0 / 8; // of one decode step in the moving average of their times

    private long _passStart;
    private bool _isDecode; // the running pass is a decode step
    private double _stepTicks; // moving average; 0: no decode step has ended yet

    double IExpertSwaps.CopiesPerStep
    {
        get
        {
            lock (_gate)
            {
                double ticksPerByte = _readers?.SwapTicksPerByte ?? 0;
                return ticksPerByte == 0 ? 0 : _stepTicks / (ticksPerByte * _source!.SizeOfPieces(_source.NumPieces));
            }
        }
    }

    /// <summary>Gives slots to experts, the first slots in their order. Their bytes are to be there before the first pass.</summary>
    /// <param name="keys">The experts.</param>
    public void Admit(ReadOnlySpan<int> keys) => _scheduler.Admit(keys);

    /// <summary>First byte of a slot.</summary>
    public byte* Address(int slot) => _pool.Address(slot);

    void IExpertSwaps.EvictBy(IEviction eviction)
    {
        lock (_gate)
        {
            _scheduler.Eviction = eviction;
        }
    }

    void IExpertSwaps.Begin(int key)
    {
        lock (_gate)
        {
            _ = _readers!.TryTakeFault(key, out _); // of an earlier attempt
            _scheduler.Swap(key);
            Monitor.PulseAll(_gate);
        }
    }

    bool IExpertSwaps.HasEnded(int key, out bool isResident)
    {
        lock (_gate)
        {
            isResident = _scheduler.TryFind(key, out _);
            if (_scheduler.IsRequested(key))
            {
                return false;
            }

            _scheduler.Counters.Swaps += isResident ? 1 : 0;
            _scheduler.Counters.FailedSwaps += isResident ? 0 : 1;
            _ = _readers!.TryTakeFault(key, out _);
            return true;
        }
    }

    void IExpertSwaps.WaitFor(int key)
    {
        long start = Stopwatch.GetTimestamp();
        lock (_gate)
        {
            while (_scheduler.IsRequested(key))
            {
                Monitor.Wait(_gate);
            }
        }

        _stallTicks += Stopwatch.GetTimestamp() - start;
    }

    void IExpertSwaps.GiveUp(int key)
    {
        lock (_gate)
        {
            _scheduler.GiveUpExpert(key);
            Monitor.PulseAll(_gate);
        }
    }

    // passes of a prompt are longer, and may wait for experts
    private void MeasureStep()
    {
        if (_isDecode)
        {
            double ticks = Stopwatch.GetTimestamp() - _passStart;
            _stepTicks += (ticks - _stepTicks) * (_stepTicks == 0 ? 1 : StepWeight);
        }
    }
}
